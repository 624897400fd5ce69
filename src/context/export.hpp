// SPDX-License-Identifier: Apache-2.0
/// @file
/// Export: a text that a hook exported, or the context given at start, as it was read (C4).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

struct Export {
  /// One member of the object, and where it is in `text`.
  struct Member {
    NodeId key;
    std::uint32_t begin;  ///< Of `"key":json`.
    std::uint32_t json;   ///< Of the value.
    std::uint32_t end;
  };
  Document document;
  std::shared_ptr<const std::string> text;  ///< The same as compact JSON text.
  std::vector<Member> members;              ///< In the order of the text; no key twice.

  std::string_view key(const Member& member) const noexcept { return document.text(member.key); }
  std::string_view member_text(const Member& member) const noexcept {
    return std::string_view(*text).substr(member.begin, member.end - member.begin);
  }
  std::string_view json(const Member& member) const noexcept {
    return std::string_view(*text).substr(member.json, member.end - member.json);
  }
};

/// Whether a text is no export at all: empty, or JSON white space only (C1).
bool is_no_export(std::string_view text) noexcept;

/// Reads an export (C4). Empty: it is good, and an object; else the reason why it is not.
/// May throw std::bad_alloc.
std::string read_export(std::string_view text, Export& exported);
/// The message of a hook that failed for this reason.
std::string invalid_export(std::string_view reason);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
