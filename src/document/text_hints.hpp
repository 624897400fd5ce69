// SPDX-License-Identifier: Apache-2.0
/// @file
/// Looks at a text that is no YAML for what a parser's complaint does not say: that it is a
/// template, or that a blank is not a space.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "document/yaml_problem.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A better message for a syntax error at `at`, found in its line or the one before. None: there is
/// nothing of the kind. Cost: linear in the text up to there.
std::optional<YamlMessage> explain_by_text(std::string_view text, Position at);

/// `a no-break space (U+00A0)`, if such a character follows a ':' of the text and so does not end a
/// key; else empty.
std::string find_false_separator(std::string_view text);

/// Whether the text has what a template engine would replace: `{{ }}`, `{% %}`, `<% %>`, `${ }` or
/// `$( )`.
bool has_placeholder(std::string_view text) noexcept;

/// The text without byte order marks before each of its documents. Empty: it has none.
std::string without_marks(std::string_view text);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
