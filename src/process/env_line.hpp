// SPDX-License-Identifier: Apache-2.0
/// @file
/// What `env` makes of the first line of a script: `#!/usr/bin/env bash`.
#pragma once

#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The program that env starts. All empty: it cannot be known.
struct EnvLine {
  std::string program{};
  bool is_path_known = true;     ///< False: env is given another PATH, or another directory.
  bool is_path_cleared = false;  ///< env looks where a system looks without PATH.
  std::string problem{};  ///< Why it cannot start one, such as "names no program behind env".
  std::string hint{};
};

/// `arguments`: the line behind the path of env; `split`: the system makes a list of them itself,
/// as macOS does. Others hand all of them on as one argument, which -S takes apart.
EnvLine read_env_line(std::string_view arguments, bool split);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
