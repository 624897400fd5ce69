// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>

#include "cli/cli.hpp"

namespace promoflow::cli {
namespace {

/// Letters to insert, delete, replace, or swap with their neighbour, to make one of the other.
std::size_t distance(std::string_view left, std::string_view right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> cost((left.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return cost[i * width + j]; };
  for (std::size_t i = 0; i <= left.size(); ++i) { at(i, 0) = i; }
  for (std::size_t j = 0; j <= right.size(); ++j) { at(0, j) = j; }
  for (std::size_t i = 1; i <= left.size(); ++i) {
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = at(i - 1, j - 1) + (left[i - 1] == right[j - 1] ? 0 : 1);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) { at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1); }
    }
  }
  return at(left.size(), right.size());
}

}  // namespace

CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& value,
                        const std::vector<std::string>& words, const std::string& help) {
  value = words.front();
  const auto check = [words](const std::string& given) {
    if (std::find(words.begin(), words.end(), given) != words.end()) { return std::string(); }
    return "'" + given + "' is not known; use " + listed(words);
  };
  const std::string shape = std::accumulate(
      std::next(words.begin()), words.end(), words.front(),
      [](const std::string& left, const std::string& right) { return left + "|" + right; });
  return app.add_option(name, value, help)->check(check)->option_text(shape);
}

void add_color(CLI::App& app, std::string& value) {
  add_choice(app, "--color", value, {"auto", "always", "never"},
             "Colours; auto: on a terminal, without NO_COLOR");
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) { out += i + 1 == words.size() ? " or " : ", "; }
    out += words[i];
  }
  return out;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kWordMax =
      64;  // The cost is quadratic, and longer words are not misspelt names.
  if (word.size() > kWordMax) { return {}; }
  std::string best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t edits = distance(word, candidate);
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best.empty() ? best : " - did you mean '" + best + "'?";
}

}  // namespace promoflow::cli
