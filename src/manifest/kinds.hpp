// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which objects of a manifest are flows, lists that may hold flows, or meant to be.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr std::string_view kFlowListKind = "PromotionFlowList";
inline constexpr std::string_view kListKind = "List";

enum class ManifestKind : std::uint8_t {
  Flow,
  NearFlow,  ///< Its kind is misspelt.
  FlowList,
  NearFlowList,
  List,  ///< Of objects of any kind: `List`, or another one whose items include flows.
  NearList,
  Other,
  NotText,  ///< Its kind is not a string.
};

/// Whether objects of a kind are read besides flows and lists of them, or were meant to be.
/// `version`: their apiVersion; null: any.
using IsRead = bool (*)(std::string_view kind, const std::string_view* version);
inline bool is_never_read(std::string_view, const std::string_view*) { return false; }

/// The kind of an object; `kind` is the value of its field of that name, and not null.
ManifestKind classify_kind(const Document& document, NodeId object, NodeId kind, IsRead is_read);

/// Whether an object is neither a flow, nor a list of what is read, nor of another kind that is
/// read, nor meant to be: what is in it does not matter then (M3). An object whose kind is there
/// twice is passed over only if neither is one that is read.
bool is_passed_over(const Document& document, NodeId object, IsRead is_read);

/// Whether a value is an object that is read or was meant to be, or a list that has one.
bool holds_objects(const Document& document, NodeId value, IsRead is_read);

/// By how many letters that are added, left out, replaced or swapped a word differs from a known
/// one; case, separators and characters that look the same do not count. None: by more than two, or
/// by more than one from a short word.
std::optional<int> slips_between(std::string_view word, std::string_view known);

/// Whether the object's spec has fields that only flows have.
bool looks_like_flow(const Document& document, NodeId object) noexcept;

/// The key node of a member; kNoNode: there is none.
NodeId key_of(const Document& document, NodeId mapping, std::string_view key) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
