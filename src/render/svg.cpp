// SPDX-License-Identifier: Apache-2.0
// A flow as an SVG document with a layout of its own: layers from left to right, boxes with an
// environment's words, curves that pass between the boxes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/draw.hpp"
#include "render/layout.hpp"
#include "render/palette.hpp"
#include "render/svg_page.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

constexpr double kPadding = 12;
constexpr double kNameSize = 14;
constexpr double kDetailSize = 11;
constexpr double kLineHeight = 16;
constexpr double kNameHeight = 38;  ///< Of a box with nothing but a name.
constexpr double kBoxWidthMin = 88;
constexpr double kBoxGap = 22;
constexpr double kBendSize = 6;
constexpr double kLayerGapMin = 56;
constexpr double kLayerGapMax = 180;
constexpr std::size_t kDetailColumnsMax = 44;
constexpr std::size_t kDetailLinesMax = 3;
constexpr std::string_view kWidestLabel = "postTrigger ";
/// Environments that the description for screen readers goes through.
constexpr std::size_t kDescribedMax = 50;

struct Line {
  std::string_view label;  ///< Empty: the line belongs to the one above.
  std::string text;
  bool status = false;
};

struct Box {
  EnvironmentWords words;
  std::string name;
  std::vector<Line> lines;
  double width = 0;  ///< At least; all boxes of a layer get the widest one's.
  double height = 0;
};

/// One text takes one line, or up to three where it is long: readers look for the hooks first.
void add_lines(std::vector<Line>& lines, std::string_view label, std::string_view text,
               bool status) {
  const std::string shown = printable(text, false, kDetailColumnsMax * kDetailLinesMax);
  for (const std::string& line : wrap(shown, kDetailColumnsMax)) {
    lines.push_back({label, printable(line, false, kDetailColumnsMax), status});
    label = {};
  }
}

Box make_box(const Subject& subject, EnvironmentId environment) {
  Box box;
  box.words = environment_words(subject, environment);
  box.name = printable(box.words.name, false, kNameColumnsMax);
  if (box.words.status) { add_lines(box.lines, {}, box.words.status_text, true); }
  for (const Detail& detail : box.words.details) {
    add_lines(box.lines, detail.label, detail.text, false);
  }
  double width = text_width(box.name, kNameSize);
  if (!box.words.kind.empty()) { width += kPadding + text_width(box.words.kind, kDetailSize); }
  for (const Line& line : box.lines) {
    const double label = line.status ? 0 : text_width(kWidestLabel, kDetailSize);
    width = std::max(width, label + text_width(line.text, kDetailSize));
  }
  box.width = std::max(kBoxWidthMin, width + 2 * kPadding);
  box.height = kNameHeight;
  if (!box.lines.empty()) { box.height += 2 + kLineHeight * static_cast<double>(box.lines.size()); }
  return box;
}

class Picture {
 public:
  Picture(const Subject& subject, Layout layout)
      : subject_(subject), layout_(std::move(layout)), page_(subject) {
    for (std::uint32_t i = 0; i < subject.flow.environment_count(); ++i) {
      boxes_.push_back(make_box(subject, EnvironmentId{i}));
      layout_.nodes[i].size = boxes_.back().height;
    }
    for (LayoutNode& node : layout_.nodes) {
      if (!node.environment) { node.size = kBendSize; }
    }
    place(layout_, kBoxGap);
    place_columns();
  }

  std::string draw() {
    double height = 0;
    for (const LayoutNode& node : layout_.nodes) {
      height = std::max(height, node.position + node.size / 2);
    }
    const Column& last = columns_.back();
    page_.header(std::max(page_.width_min(), last.right + kPageMargin),
                 page_.top() + height + page_.bottom(), description());
    for (std::uint32_t i = 0; i < layout_.nodes.size(); ++i) {
      for (const std::uint32_t target : layout_.nodes[i].after) { add_line_between(i, target); }
    }
    for (std::uint32_t i = 0; i < boxes_.size(); ++i) { add_box(i); }
    return page_.finish(page_.top() + height);
  }

 private:
  /// Where a layer is on the page.
  struct Column {
    double left = 0;
    double right = 0;
  };

  const Column& column_of(std::uint32_t node) const { return columns_[layout_.nodes[node].layer]; }
  double middle_of(std::uint32_t node) const { return page_.top() + layout_.nodes[node].position; }

  void place_columns() {
    double left = kPageMargin;
    for (std::size_t i = 0; i < layout_.layers.size(); ++i) {
      double width = 0;
      for (const std::uint32_t node : layout_.layers[i]) {
        if (node < boxes_.size()) { width = std::max(width, boxes_[node].width); }
      }
      columns_.push_back({left, left + width});
      left += width + gap_after(i);
    }
  }

  /// Steep edges need more room to bend.
  double gap_after(std::size_t layer) const {
    double rise = 0;
    for (const std::uint32_t node : layout_.layers[layer]) {
      for (const std::uint32_t target : layout_.nodes[node].after) {
        rise =
            std::max(rise, std::abs(layout_.nodes[node].position - layout_.nodes[target].position));
      }
    }
    return std::clamp(kLayerGapMin + rise / 6, kLayerGapMin, kLayerGapMax);
  }

  std::string description() const {
    std::string words = subject_words(subject_) + ".";
    for (std::uint32_t i = 1; i < boxes_.size() && i <= kDescribedMax; ++i) {
      const auto dependencies = subject_.flow.dependencies(EnvironmentId{i});
      words += fmt::format(" {} after", boxes_[i].name);
      for (std::size_t d = 0; d < dependencies.size() && d < kDependenciesShownMax; ++d) {
        words += fmt::format("{} {}", d > 0 ? "," : "",
                             boxes_[static_cast<std::size_t>(dependencies[d])].name);
      }
      if (boxes_[i].words.status) { words += ": " + boxes_[i].words.status_text; }
      words += '.';
    }
    return words;
  }

  /// From a box or bend to one of the next layer; lines pass through a bend horizontally. Lines
  /// that edges share are drawn once.
  void add_line_between(std::uint32_t source, std::uint32_t target) {
    const double x = column_of(source).right;
    const double to_x = column_of(target).left;
    const double y = middle_of(source);
    const double to_y = middle_of(target);
    std::string path =
        fmt::format("M{0:.1f} {1:.1f} C{2:.1f} {1:.1f} {2:.1f} {3:.1f} {4:.1f} {3:.1f}", x, y,
                    (x + to_x) / 2, to_y, to_x);
    const bool arrives = layout_.nodes[target].environment.has_value();
    if (!arrives) { path += fmt::format(" H{:.1f}", column_of(target).right); }
    page_.add(fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"{}/>\n",
                          path, kFaintInk, arrives ? " marker-end=\"url(#arrow)\"" : ""));
  }

  void add_box(std::uint32_t node) {
    const Box& box = boxes_[node];
    const Colors colors = colors_of(box.words.status, EnvironmentId{node} == kTriggerEnvironment);
    const double x = column_of(node).left;
    const double width = column_of(node).right - x;
    double y = middle_of(node) - box.height / 2;
    page_.add(fmt::format(
        "<g><title>{}</title>\n<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\" rx=\"8\" fill=\"{}\" stroke=\"{}\" stroke-width=\"1.5\"{}/>\n",
        xml(printable(box.words.name, false, 1000)), x, y, width, box.height, colors.fill,
        colors.line, colors.dashed ? " stroke-dasharray=\"5 4\"" : ""));
    y += kNameHeight / 2 + kNameSize * 0.35;
    page_.text(x + kPadding, y, {.size = kNameSize, .fill = colors.text, .bold = true}, box.name);
    if (!box.words.kind.empty()) {
      page_.text(x + width - kPadding, y,
                 {.size = kDetailSize, .fill = colors.text, .ends_here = true}, box.words.kind);
    }
    y += 4;
    for (const Line& line : box.lines) {
      y += kLineHeight;
      add_line(line, x + kPadding, y, colors);
    }
    page_.add("</g>\n");
  }

  void add_line(const Line& line, double x, double y, const Colors& colors) {
    if (line.status) {
      page_.text(x, y, {.size = kDetailSize, .fill = colors.line, .bold = true}, line.text);
      return;
    }
    if (!line.label.empty()) {
      page_.text(x, y, {.size = kDetailSize, .fill = kFaintInk}, line.label);
    }
    page_.text(x + text_width(kWidestLabel, kDetailSize), y, {.size = kDetailSize}, line.text);
  }

  const Subject& subject_;
  Layout layout_;
  SvgPage page_;
  std::vector<Box> boxes_;
  std::vector<Column> columns_;
};

}  // namespace

std::string draw_svg(const Subject& subject) {
  std::optional<Layout> layout = make_layout(subject.flow);
  return layout ? Picture(subject, std::move(*layout)).draw() : draw_svg_list(subject);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
