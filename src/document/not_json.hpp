// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a text is that should be JSON: exports, initial contexts and lines of journals come from
/// programs, and whoever reads that one is refused has to find out what that program wrote.
#pragma once

#include <string>
#include <string_view>

#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Says what is wrong with a text, where, what it seems to be, and how it begins; all of it safe to
/// print, on one line: `not valid JSON (line 1, column 2): single quotes, as Python prints a dict:
/// write it with json.dumps(); it begins '{'K1': True}'`. `problem` is the first that
/// read_document() found. May throw std::bad_alloc.
std::string describe_not_json(std::string_view text, const Diagnostic& problem);

/// The same for valid JSON that is no object, but of this kind.
std::string describe_not_object(std::string_view text, NodeKind kind);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
