// SPDX-License-Identifier: Apache-2.0
/// @file
/// What is wrong with a text that the library wrote itself, such as a snapshot. Its readers go on
/// to a safe place after a problem; only the first one counts.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Damage {
 public:
  void note(std::string why) {
    if (found_) { return; }
    found_ = true;
    why_ = std::move(why);
  }
  /// Whether it holds; else that is noted, and what depends on it must not be done.
  [[nodiscard]] bool ensure(bool holds, std::string_view why) {
    if (!holds) { note(std::string(why)); }
    return holds;
  }
  /// The same, for what nothing depends on.
  void check(bool holds, std::string_view why) { (void)ensure(holds, why); }
  bool found() const noexcept { return found_; }
  const std::string& why() const noexcept { return why_; }

 private:
  bool found_ = false;
  std::string why_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
