// SPDX-License-Identifier: Apache-2.0
// Suggestions: a weighted edit distance, bounded in length and in the number of candidates.
#include "base/suggest.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/name_text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::size_t kLengthMax = 64;     ///< Longer words get no suggestion.
constexpr std::size_t kWorkMax = 1 << 17;  ///< Bound on the letters and pairs of letters compared.
/// Weights: an edit, and the small slips that are most common.
constexpr std::size_t kEdit = 4;
constexpr std::size_t kCaseSlip = 1;
constexpr std::size_t kSeparatorSlip = 1;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_separator(char c) noexcept { return c == '-' || c == '_' || c == '.' || c == ' '; }

std::size_t gap(char c) noexcept { return is_separator(c) ? kSeparatorSlip : kEdit; }

std::size_t swap_cost(char a, char b) noexcept {
  if (a == b) { return 0; }
  if (lower(a) == lower(b)) { return kCaseSlip; }
  return is_separator(a) && is_separator(b) ? kSeparatorSlip : kEdit;
}

/// The set of letters in a word, ignoring case and separators.
std::uint64_t letters(std::string_view word) noexcept {
  std::uint64_t set = 0;
  for (const char c : word) {
    set |= is_separator(c) ? 0 : std::uint64_t{1} << (static_cast<unsigned char>(lower(c)) % 64U);
  }
  return set;
}

/// Damerau-Levenshtein (neighbours swapped count once), weighted; anything above `most` is as good
/// as `most + 1`.
std::size_t distance_between(std::string_view a, std::string_view b, std::size_t most) noexcept {
  std::array<std::array<std::uint16_t, kLengthMax + 1>, 3> rows{};
  const auto cell = [&](std::size_t i, std::size_t j) -> std::uint16_t& { return rows[i % 3][j]; };
  const auto set = [&](std::size_t i, std::size_t j, std::size_t value) {
    cell(i, j) = static_cast<std::uint16_t>(value);
  };
  for (std::size_t j = 1; j <= b.size(); ++j) { set(0, j, cell(0, j - 1) + gap(b[j - 1])); }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    set(i, 0, cell(i - 1, 0) + gap(a[i - 1]));
    std::size_t least = cell(i, 0);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t best = std::min({cell(i - 1, j) + gap(a[i - 1]), cell(i, j - 1) + gap(b[j - 1]),
                                   cell(i - 1, j - 1) + swap_cost(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        best = std::min(best, cell(i - 2, j - 2) + kEdit);
      }
      set(i, j, best);
      least = std::min(least, best);
    }
    if (least > most + kEdit) {  // A swap may look back one more row, for one edit.
      return most + 1;
    }
  }
  return cell(a.size(), b.size());
}

/// The largest distance at which one word is suggested for the other.
std::size_t tolerance(std::string_view a, std::string_view b) noexcept {
  const std::size_t longer = std::max(a.size(), b.size());
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t prefix = 0;
  while (prefix < shorter && lower(a[prefix]) == lower(b[prefix])) { ++prefix; }
  if (prefix == shorter && shorter >= 3) {
    return longer * kEdit;  // `prod` for `production`.
  }
  return (longer + 1) / 3 * kEdit + (prefix >= 4 ? kEdit : 0) + kEdit / 2;
}

}  // namespace

Suggestions::Suggestions(std::string_view word) : word_(word), distance_(SIZE_MAX) {}

void Suggestions::offer(std::string_view candidate) {
  if (work_ > kWorkMax || word_.empty() || word_.size() > kLengthMax || candidate.empty() ||
      candidate.size() > kLengthMax || candidate == word_) {
    return;
  }
  work_ += word_.size() + candidate.size();
  const std::size_t most = std::min(tolerance(word_, candidate), distance_ - 1);
  // Each letter that only one of the two has costs an edit: this rules out most candidates.
  const std::uint64_t own = letters(word_);
  const std::uint64_t other = letters(candidate);
  const int strange = std::max(std::popcount(own & ~other), std::popcount(other & ~own));
  if (static_cast<std::size_t>(strange) * kEdit > most) { return; }
  work_ += word_.size() * candidate.size();
  const std::size_t distance = distance_between(word_, candidate, most);
  if (distance <= most) {
    distance_ = distance;
    best_ = candidate;
  }
}

std::string did_you_mean(std::string_view given, std::string_view meant) {
  return "did you mean '" + std::string(meant) + "'?" + explain_difference(given, meant);
}

std::string Suggestions::hint() const {
  return best_.empty() ? std::string() : did_you_mean(word_, best_);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
