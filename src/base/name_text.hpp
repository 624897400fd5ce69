// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a name may be made of, and messages about what cannot be seen in one.
#pragma once

#include "promoflow/version.hpp"

#include <string>
#include <string_view>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Whether it may name an environment, a hook, a workflow or an argument: UTF-8, not empty, without
/// control, invisible and bidirectional characters, without spaces other than U+0020, and neither
/// beginning nor ending with one. Characters that belong to an emoji are visible.
bool is_plain_name(std::string_view name) noexcept;

/// Whether it has ASCII letters, digits and `-_./` only, and at least one: then it is plain, and
/// there is nothing about it to warn of. Nearly all names are of this kind.
bool is_ordinary_name(std::string_view name) noexcept;

/// `a no-break space (U+00A0)`.
std::string name_of_character(char32_t character);

/// Whether it is blank or invisible, and no space to a reader of YAML.
bool is_false_blank(char32_t character) noexcept;

/// What is wrong with a name that is not plain, and what to do about it.
struct NameProblem {
  std::string message;  ///< To follow the field: `must not be empty`.
  std::string hint;
};
NameProblem explain_name(std::string_view name);

/// The name as its writer sees it: without what is_plain_name() refuses. May be empty.
std::string visible_name(std::string_view name);

/// ` (it has a zero width space (U+200B) at its end)`: why two names that may look the same are
/// different. Empty: their difference can be seen.
std::string explain_difference(std::string_view name, std::string_view other);

/// A text that names which look the same have in common: compatibility characters decomposed, marks
/// in a fixed order, invisible characters left out, Cyrillic and Greek letters replaced by the
/// Latin ones that they look like. ASCII texts are their own. Case counts.
std::string look_alike_key(std::string_view text);

/// DNS-1123 subdomain: labels of a-z, 0-9 and '-', none beginning or ending with '-'; at most 253
/// bytes.
bool is_dns_subdomain(std::string_view name) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
