// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a program ended, and what is said of it when it failed.
#pragma once

#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// How a program ended.
struct ProgramEnd {
  bool known = true;  ///< False: another part of the host has taken its exit status.
  int status = 0;     ///< Exit status.
  int signal = 0;     ///< Not 0: it was killed by this signal.
  bool core = false;  ///< It left a core dump.
};

/// The message of a failure; empty: it succeeded. `last_words` is the end of what it printed; it is
/// the message, behind the signal if one killed the program. Without any: how it ended.
std::string failure_message(const ProgramEnd& end, std::string_view last_words);

/// Whether a terminal would show anything of the text: not only blanks, controls and colours.
bool is_visible(std::string_view text) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
