// SPDX-License-Identifier: Apache-2.0
// The end of a timeline: how the release, its environments and its hooks ended.
#include <fmt/format.h>

#include <algorithm>

#include "document/document.hpp"
#include "render/draw.hpp"
#include "render/timeline.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

/// Environments that are listed one by one; of a larger flow only those that did not succeed.
constexpr std::size_t kRowsMax = 200;
constexpr std::size_t kKeysShownMax = 6;
constexpr std::size_t kStatusWidth = sizeof("Successful") + 1;
constexpr std::size_t kTookWidth = 12;
constexpr std::size_t kReasonWidthMin = 20;

/// Whether nothing is wrong with the environment: a long list leaves these out.
bool is_good(EnvironmentStatus status) {
  return status == EnvironmentStatus::Successful || status == EnvironmentStatus::Skipped;
}

/// `6 hook runs: 5 succeeded, 1 failed`.
std::string counts_words(std::string_view what, const Counts& counts) {
  std::string words = counted(counts.issued, what);
  if (counts.issued == 0) { return words; }
  words += fmt::format(": {} succeeded", counts.succeeded);
  if (counts.failed > 0) { words += fmt::format(", {} failed", counts.failed); }
  if (counts.cancelled > 0) { words += fmt::format(", {} cancelled", counts.cancelled); }
  return words;
}

/// The first few of a list of unknown length.
struct FirstFew {
  std::vector<std::string> words;
  std::size_t more = 0;

  void add(std::string_view key, std::string_view value) {
    if (words.size() == kKeysShownMax) {
      ++more;
    } else {
      words.push_back(fmt::format("{}={}", key, value));
    }
  }
  std::vector<std::string> finish() {
    if (more > 0) { words.push_back(fmt::format("and {} more", more)); }
    return std::move(words);
  }
};

class Summary {
 public:
  Summary(std::string& out, const Trace& trace, const TraceFacts& facts,
          const RenderOptions& options)
      : out_(out), trace_(trace), facts_(facts), options_(options) {}

  void write() {
    end_state();
    environments();
    totals();
  }

 private:
  void end_state() {
    const ReleaseStatus status = trace_.status();
    std::string words = fmt::format("release {} after {} of virtual time", to_string(status),
                                    duration_words(facts_.ended - trace_.origin()));
    if (!trace_.message().empty()) {
      words += ": " + printable(trace_.message(), options_.ascii, trace_.message().size() * 6 + 1);
    }
    for (const std::string& line : wrap(words, width())) {
      paint(out_, tone(look_of(status)), line, options_.color);
      out_ += '\n';
    }
    out_ += '\n';
  }

  void environments() {
    const std::uint32_t count = trace_.flow().environment_count();
    std::size_t width = sizeof("environment") + 1;
    for (std::uint32_t i = 0; i < count; ++i) {
      width = std::max(width, columns(name_of(EnvironmentId{i})) + 2);
    }
    paint(out_, Tone::Faint,
          fmt::format("  {:<{}}{:<{}}{:<{}}attempts\n", "environment", width, "status",
                      kStatusWidth, "took", kTookWidth),
          options_.color);
    std::size_t rows = 0;
    std::size_t left_out = 0;
    std::size_t successful_left_out = 0;
    std::size_t skipped_left_out = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const EnvironmentId environment{i};
      const EnvironmentStatus status = trace_.environment(environment).status;
      if (rows < kRowsMax && (count <= kRowsMax || !is_good(status))) {
        ++rows;
        row(environment, width);
      } else {
        ++left_out;
        successful_left_out += status == EnvironmentStatus::Successful ? 1U : 0U;
        skipped_left_out += status == EnvironmentStatus::Skipped ? 1U : 0U;
      }
    }
    if (left_out > 0) {
      std::string words =
          fmt::format("  and {} more, {} of them Successful", left_out, successful_left_out);
      if (skipped_left_out > 0) { words += fmt::format(", {} Skipped", skipped_left_out); }
      paint(out_, Tone::Faint, words + '\n', options_.color);
    }
    out_ += '\n';
  }

  std::string name_of(EnvironmentId environment) const {
    return printable(trace_.flow().environment_name(environment), options_.ascii, kNameColumnsMax);
  }

  void row(EnvironmentId environment, std::size_t name_width) {
    const EnvironmentFacts& facts = facts_.environments[static_cast<std::size_t>(environment)];
    const EnvironmentStatus status = trace_.environment(environment).status;
    std::string name = name_of(environment);
    name.append(name_width - columns(name), ' ');
    out_ += "  " + name;
    paint(out_, tone(status), fmt::format("{:<{}}", to_string(status), kStatusWidth),
          options_.color);
    const std::string took = facts.began ? duration_words(facts.changed - *facts.began) : "-";
    out_ += fmt::format("{:<{}}", took, kTookWidth);
    out_ += facts.attempts > 0 ? fmt::format("{:<8}", facts.attempts) : "-       ";
    const std::string_view why = trace_.environment(environment).message;
    const std::size_t used = 2 + name_width + kStatusWidth + kTookWidth + 10;
    const std::size_t room = std::max(width(), used + kReasonWidthMin) - used;
    if (!why.empty()) { out_ += "  " + printable(why, options_.ascii, room); }
    while (out_.ends_with(' ')) { out_.pop_back(); }
    out_ += '\n';
  }

  void totals() {
    out_ += fmt::format("  {}\n  {}\n", counts_words("hook run", facts_.hooks),
                        counts_words("promotion", facts_.promotions));
    if (facts_.conflicts > 0) {
      out_ += fmt::format("  {} in the promotion context\n", counted(facts_.conflicts, "conflict"));
    }
    const std::vector<std::string> context = context_words(trace_.context());
    constexpr std::string_view kLabel = "promotion context: ";
    for (const std::string& words : context) {
      out_ += "  ";
      const std::string_view label = &words == &context.front() ? kLabel : std::string_view();
      paint(out_, Tone::Faint, fmt::format("{:<{}}", label, kLabel.size()), options_.color);
      out_ += printable(words, options_.ascii, width() - 2 - kLabel.size());
      out_ += '\n';
    }
  }

  std::size_t width() const { return std::max(options_.width, kWidthMin); }

  std::string& out_;
  const Trace& trace_;
  const TraceFacts& facts_;
  const RenderOptions& options_;
};

}  // namespace

std::vector<std::string> context_words(std::string_view json) {
  Document document;
  std::vector<Diagnostic> problems;
  read_json(json, {.duplicates = DuplicateKeys::LastWins}, document, problems);
  const bool is_object = problems.empty() && document.roots.size() == 1 &&
                         document.kind(document.roots.front()) == NodeKind::Mapping;
  if (!is_object) { return {std::string(json)}; }
  FirstFew few;
  for (NodeId key = document.first(document.roots.front()); key != kNoNode;) {
    const NodeId value = document.next(key);
    std::string text(document.text(value));
    if (document.kind(value) != NodeKind::String) {
      text.clear();
      append_json(text, document, value);
    }
    few.add(document.text(key), text);
    key = document.next(value);
  }
  return few.words.empty() ? std::vector<std::string>{"{}"} : few.finish();
}

std::vector<std::string> context_words(const Context& context) {
  FirstFew few;
  for (const ContextEntry& entry : context) { few.add(entry.key, entry.text); }
  return few.finish();
}

void append_summary(std::string& out, const Trace& trace, const TraceFacts& facts,
                    const RenderOptions& options) {
  Summary(out, trace, facts, options).write();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
