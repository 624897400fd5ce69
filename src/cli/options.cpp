// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/suggest.hpp"
#include "cli/output.hpp"

namespace promoflow::cli {
CLI::Option* add_choice(CLI::App& app, const std::string& name, std::string& value,
                        const std::vector<std::string>& words, const std::string& help) {
  value = words.front();
  const auto check = [words](const std::string& given) {
    // An empty one is refused where that of every other option is.
    if (given.empty() || std::find(words.begin(), words.end(), given) != words.end()) {
      return std::string();
    }
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

Exit read_number(std::string_view option, const std::string& text, std::uint64_t least,
                 std::uint64_t most, std::uint64_t& number, std::string_view or_else) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && at == end && number >= least && number <= most) { return Exit::Fine; }
  return complain(
      fmt::format("{} {}: write a number from {} to {}{}", option, text, least, most, or_else));
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  detail::Suggestions suggestions(word);
  for (const std::string& candidate : candidates) { suggestions.offer(candidate); }
  if (suggestions.best().empty()) { return {}; }
  return " - " + suggestions.hint();
}

}  // namespace promoflow::cli
