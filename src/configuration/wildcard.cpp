// SPDX-License-Identifier: Apache-2.0
#include "configuration/wildcard.hpp"

#include <cstddef>
#include <vector>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Finds a piece in a text by Knuth, Morris and Pratt. std::string_view::find() may take the
/// product of the two lengths.
class Finder {
 public:
  /// The end of the first occurrence; npos: there is none.
  std::size_t end_of(std::string_view piece, std::string_view text) {
    border_.assign(piece.size(), 0);
    for (std::size_t i = 1, length = 0; i < piece.size(); ++i) {
      length = longer(piece, length, piece[i]);
      border_[i] = length;
    }
    for (std::size_t i = 0, length = 0; i < text.size(); ++i) {
      length = longer(piece, length, text[i]);
      if (length == piece.size()) { return i + 1; }
    }
    return std::string_view::npos;
  }

 private:
  /// The length of the longest beginning of the piece that ends with this character.
  std::size_t longer(std::string_view piece, std::size_t length, char next) const noexcept {
    while (length > 0 && piece[length] != next) { length = border_[length - 1]; }
    return piece[length] == next ? length + 1 : 0;
  }

  std::vector<std::size_t> border_;
};

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  const std::size_t first = pattern.find('*');
  if (first == std::string_view::npos) { return pattern == text; }
  const std::size_t last = pattern.rfind('*');
  const std::string_view head = pattern.substr(0, first);
  const std::string_view tail = pattern.substr(last + 1);
  if (text.size() < head.size() + tail.size() || !text.starts_with(head) || !text.ends_with(tail)) {
    return false;
  }
  text = text.substr(head.size(), text.size() - head.size() - tail.size());
  // The pieces in between, each as early as it can be: what is left is as long as it can be.
  std::string_view middle = pattern.substr(first, last + 1 - first);
  Finder finder;
  while (!middle.empty()) {
    middle.remove_prefix(1);
    const std::string_view piece = middle.substr(0, middle.find('*'));
    if (piece.empty()) { continue; }
    const std::size_t end = finder.end_of(piece, text);
    if (end == std::string_view::npos) { return false; }
    text.remove_prefix(end);
    middle.remove_prefix(piece.size());
  }
  return true;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
