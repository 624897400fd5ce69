// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a text is that should be JSON: exports, initial contexts and lines of journals come from
/// programs, and whoever reads that one is refused has to find out what that program wrote.
#pragma once

#include <string>
#include <string_view>

#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What is said of such a text; all of it is safe to print, on one line.
struct NotJson {
  /// What is wrong with it, where, and what it seems to be: `not valid JSON (line 1, column 2):
  /// single quotes, as Python prints a dict: write it with json.dumps()`.
  std::string reason;
  std::string excerpt;  ///< How it begins, as it is: `it begins '{'K1': True}'`.

  std::string text() const { return reason + "; " + excerpt; }
};

/// `problem` is the first that read_document() found. May throw std::bad_alloc.
NotJson describe_not_json(std::string_view text, const Diagnostic& problem);

/// The same for valid JSON that is no object, but of this kind.
NotJson describe_not_object(std::string_view text, NodeKind kind);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
