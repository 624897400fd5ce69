// SPDX-License-Identifier: Apache-2.0
// A flow for a terminal: its graph as lanes down the left side, words beside it. Where the graph is
// too large or too wide for that, the environments are a list, level by level ("wave 1", ...).
#include <fmt/format.h>

#include <algorithm>

#include "render/draw.hpp"
#include "render/lanes.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

/// Columns that words need beside the lanes.
constexpr std::size_t kWordsWidthMin = 30;
/// Dependencies that are written out where the lanes show them, too.
constexpr std::size_t kDependenciesBesideLanesMax = 3;
constexpr std::size_t kLabelWidth = sizeof("postTrigger") + 1;

class Writer {
 public:
  Writer(const Subject& subject, const RenderOptions& options)
      : subject_(subject), options_(options), width_(std::max(options.width, kWidthMin)) {}

  std::string draw() {
    title();
    hooks_at(Point::ReleaseOnStart, "release.onStart");
    if (!lanes()) { list(); }
    out_ += '\n';
    hooks_at(Point::ReleaseOnSuccess, "release.onSuccess");
    hooks_at(Point::ReleaseOnFail, "release.onFail");
    while (out_.ends_with("\n\n")) { out_.pop_back(); }
    return std::move(out_);
  }

 private:
  std::string name_of(EnvironmentId environment) const {
    return printable(subject_.flow.environment_name(environment), options_.ascii, kNameColumnsMax);
  }

  /// The environment's sign in the graph, and its tone.
  std::string_view sign_of(const EnvironmentWords& words) const {
    if (words.status) { return detail::sign_of(*words.status, options_.ascii); }
    return options_.ascii ? "*" : "\u25CF";
  }

  std::string clean(std::string_view text) const {
    return printable(text, options_.ascii, text.size() * 6 + 1);  // Not shortened.
  }

  /// Each line of a text, broken to the width, behind `first` or (from the second on) `rest`.
  void lines(std::string_view text, Tone tone, const std::string& first, const std::string& rest,
             std::size_t used) {
    const std::size_t room = width_ > used + 20 ? width_ - used : 20;
    bool is_first = true;
    for (const std::string& line : wrap(clean(text), room)) {
      out_ += is_first ? first : rest;
      paint(out_, tone, line, options_.color);
      out_ += '\n';
      is_first = false;
    }
  }

  void title() {
    paint(out_, Tone::Strong, clean(subject_.flow.name()), options_.color);
    out_ += '\n';
    lines(subject_words(subject_), Tone::Faint, "", "", 0);
    if (subject_.release != nullptr) {
      lines(release_words(*subject_.release), tone(look_of(subject_.release->status())), "release ",
            "        ", 8);
    }
    out_ += '\n';
  }

  void hooks_at(Point point, std::string_view label) {
    const std::string names = hook_names(subject_.flow, point, kTriggerEnvironment);
    if (names.empty()) { return; }
    constexpr std::size_t kWidth = sizeof("release.onSuccess") + 1;
    std::string first;
    paint(first, Tone::Faint, fmt::format("{:<{}}", label, kWidth), options_.color);
    lines(names, Tone::Plain, first, std::string(kWidth, ' '), kWidth);
    if (point == Point::ReleaseOnStart) { out_ += '\n'; }
  }

  /// Name, kind, and, where the lanes alone are hard to follow, the dependencies.
  std::string headline(EnvironmentId environment, const EnvironmentWords& words,
                       std::size_t shown_max) const {
    std::string line;
    paint(line, Tone::Strong, name_of(environment), options_.color);
    if (!words.kind.empty()) { line += "  " + words.kind; }
    const auto dependencies = subject_.flow.dependencies(environment);
    if (shown_max > 0 && !dependencies.empty()) {
      std::string after = "  after ";
      for (std::size_t i = 0; i < dependencies.size() && i < shown_max; ++i) {
        after += (i > 0 ? ", " : "") + name_of(dependencies[i]);
      }
      if (dependencies.size() > shown_max) {
        after += fmt::format(" and {} more", dependencies.size() - shown_max);
      }
      paint(line, Tone::Faint, after, options_.color);
    }
    return line;
  }

  /// Status and details, each line behind `margin`.
  void details(const EnvironmentWords& words, const std::string& margin, std::size_t used) {
    if (words.status) { lines(words.status_text, tone(*words.status), margin, margin, used); }
    for (const Detail& detail : words.details) {
      std::string first = margin;
      paint(first, Tone::Faint, fmt::format("{:<{}}", detail.label, kLabelWidth), options_.color);
      lines(detail.text, Tone::Plain, first, margin + std::string(kLabelWidth, ' '),
            used + kLabelWidth);
    }
  }

  bool lanes() {
    const std::optional<Layout> layout = make_layout(subject_.flow);
    if (!layout) { return false; }
    std::vector<EnvironmentWords> all;
    for (std::uint32_t i = 0; i < subject_.flow.environment_count(); ++i) {
      all.push_back(environment_words(subject_, EnvironmentId{i}));
    }
    const auto is_tall = [&all](EnvironmentId environment) {
      const EnvironmentWords& words = all[static_cast<std::size_t>(environment)];
      return words.status || !words.details.empty();
    };
    const auto rows = make_lanes(subject_.flow, *layout, (width_ - kWordsWidthMin) / 2, is_tall);
    if (!rows) { return false; }
    std::size_t column = 0;
    for (const LaneRow& row : *rows) {
      if (row.kind == LaneRow::Kind::Environment) {
        column = std::max(column, lane_columns(row.cells) + 2);
      }
    }
    for (const LaneRow& row : *rows) {
      if (row.kind == LaneRow::Kind::Edges) {
        out_ += lane_text(row, row.cells, {}, Tone::Plain, options_) + '\n';
        continue;
      }
      const EnvironmentWords& words = all[static_cast<std::size_t>(*row.environment)];
      const Tone sign_tone = words.status ? tone(*words.status) : Tone::Busy;
      out_ += lane_text(row, row.cells, sign_of(words), sign_tone, options_);
      out_.append(column - lane_columns(row.cells), ' ');
      const bool many = subject_.flow.dependencies(*row.environment).size() > 1;
      out_ += headline(*row.environment, words, many ? kDependenciesBesideLanesMax : 0) + '\n';
      std::string margin = lane_text(row, row.below, {}, Tone::Plain, options_);
      margin.append(column - lane_columns(row.below) + 2, ' ');
      details(words, margin, column + 2);
    }
    return true;
  }

  /// A wave is a level: its environments may start at the same time at best.
  void list() {
    const Flow& flow = subject_.flow;
    std::vector<EnvironmentId> order;
    order.reserve(flow.environment_count());
    for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
      order.push_back(EnvironmentId{i});
    }
    std::stable_sort(order.begin(), order.end(), [&](EnvironmentId left, EnvironmentId right) {
      return flow.level(left) < flow.level(right);
    });
    std::optional<std::uint32_t> wave;
    for (const EnvironmentId environment : order) {
      if (wave != flow.level(environment)) {
        wave = flow.level(environment);
        paint(out_, Tone::Faint, *wave == 0 ? "start" : fmt::format("wave {}", *wave),
              options_.color);
        out_ += '\n';
      }
      const EnvironmentWords words = environment_words(subject_, environment);
      out_ += "  ";
      paint(out_, words.status ? tone(*words.status) : Tone::Busy, sign_of(words), options_.color);
      out_ += ' ' + headline(environment, words, kDependenciesShownMax) + '\n';
      details(words, std::string(6, ' '), 6);
    }
  }

  const Subject& subject_;
  const RenderOptions& options_;
  std::size_t width_;
  std::string out_;
};

}  // namespace

std::string draw_text(const Subject& subject, const RenderOptions& options) {
  return Writer(subject, options).draw();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
