// SPDX-License-Identifier: Apache-2.0
/// @file
/// Suggestions for misspelt names ("did you mean ...?").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// `did you mean 'meant'?`, and what tells the two apart where that is not seen.
std::string did_you_mean(std::string_view given, std::string_view meant);

/// Finds the candidate with the smallest edit distance to `word`, if one is near. Case and
/// separators count little. Cost: bounded (some 0.3 ms), however many candidates are offered; a
/// caller that asks for many words must bound their number.
class Suggestions {
 public:
  explicit Suggestions(std::string_view word);
  void offer(std::string_view candidate);
  /// The best candidate so far; empty: none is near enough. Borrowed from the caller of offer().
  std::string_view best() const noexcept { return best_; }
  /// did_you_mean() of the best candidate; empty: none is near enough.
  std::string hint() const;

 private:
  std::string_view word_;
  std::string_view best_{};
  std::size_t distance_;
  std::size_t work_ = 0;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
