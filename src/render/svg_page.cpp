// SPDX-License-Identifier: Apache-2.0
#include "render/svg_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "render/palette.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

constexpr double kCharacterWidth = 0.61;
constexpr double kTitleSize = 18;
constexpr double kLineSize = 12;
constexpr double kLineHeight = 18;
constexpr double kLabelWidth = 150;
constexpr std::size_t kLineColumnsMax = 130;
/// Environments that the list shows: viewers do not open a document with many more.
constexpr std::uint32_t kListMax = 5000;

}  // namespace

double text_width(std::string_view text, double size) {
  return static_cast<double>(columns(text)) * size * kCharacterWidth;
}

std::string xml(std::string_view text) {
  std::string out;
  append_xml(out, text);
  return out;
}

SvgPage::SvgPage(const Subject& subject) : subject_(subject) {
  if (const Release* release = subject.release) {
    above_.push_back({"release", printable(release_words(*release), false, kLineColumnsMax),
                      colors_of(look_of(release->status())).line});
  }
  add_hooks(above_, Point::ReleaseOnStart);
  add_hooks(below_, Point::ReleaseOnSuccess);
  add_hooks(below_, Point::ReleaseOnFail);
  top_ = kPageMargin + 48 + kLineHeight * static_cast<double>(above_.size()) + 20;
  bottom_ = below_.empty() ? kPageMargin
                           : kPageMargin + 20 + kLineHeight * static_cast<double>(below_.size());
  const std::string name = printable(subject.flow.name(), false, kNameColumnsMax);
  width_min_ =
      std::max(text_width(name, kTitleSize), text_width(subject_words(subject), kLineSize));
  for (const auto* lines : {&above_, &below_}) {
    for (const Line& line : *lines) {
      width_min_ = std::max(width_min_, kLabelWidth + text_width(line.text, kLineSize));
    }
  }
  width_min_ += 2 * kPageMargin;
}

void SvgPage::add_hooks(std::vector<Line>& lines, Point point) {
  const std::string names = hook_names(subject_.flow, point, kTriggerEnvironment);
  if (names.empty()) { return; }
  lines.push_back({to_string(point), printable(names, false, kLineColumnsMax), kInk});
}

void SvgPage::header(double width, double height, std::string_view description) {
  out_ += fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" aria-labelledby=\"title desc\">\n",
      std::ceil(width), std::ceil(height));
  const std::string name = printable(subject_.flow.name(), false, kNameColumnsMax);
  out_ += fmt::format("<title id=\"title\">Promotion flow {}</title>\n", xml(name));
  out_ += fmt::format("<desc id=\"desc\">{}</desc>\n", xml(description));
  out_ += fmt::format(
      "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" "
      "markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
      "<path d=\"M0 0.5 L8 4 L0 7.5 z\" fill=\"{}\"/></marker></defs>\n",
      kFaintInk);
  // The page brings its own background: it reads the same on a white and on a black one.
  out_ +=
      "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#ffffff\"/>\n"
      "<g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', "
      "monospace\">\n";
  text(kPageMargin, kPageMargin + 16, {.size = kTitleSize, .bold = true}, name);
  text(kPageMargin, kPageMargin + 38, {.size = kLineSize, .fill = kFaintInk},
       subject_words(subject_));
  add_lines(above_, kPageMargin + 62);
}

void SvgPage::add_lines(const std::vector<Line>& lines, double y) {
  for (const Line& line : lines) {
    text(kPageMargin, y, {.size = kLineSize, .fill = kFaintInk}, line.label);
    text(kPageMargin + kLabelWidth, y,
         {.size = kLineSize, .fill = line.fill, .bold = line.label == "release"}, line.text);
    y += kLineHeight;
  }
}

void SvgPage::text(double x, double y, const TextStyle& style, std::string_view words) {
  out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:.0f}\" fill=\"{}\"{}{}>", x, y,
                      style.size, style.fill, style.bold ? " font-weight=\"bold\"" : "",
                      style.ends_here ? " text-anchor=\"end\"" : "");
  append_xml(out_, words);
  out_ += "</text>\n";
}

std::string SvgPage::finish(double y) {
  add_lines(below_, y + 32);
  out_ += "</g>\n</svg>\n";
  return std::move(out_);
}

std::string draw_svg_list(const Subject& subject) {
  const Flow& flow = subject.flow;
  SvgPage page(subject);
  const std::uint32_t count = std::min(flow.environment_count(), kListMax);
  const double height = kLineHeight * (count + (count < flow.environment_count() ? 1 : 0));
  const std::string note =
      fmt::format("{}. Too many for a picture: a list instead.", subject_words(subject));
  page.header(std::max(page.width_min(), 1000.0), page.top() + height + page.bottom(), note);
  double y = page.top();
  for (std::uint32_t i = 0; i < count; ++i) {
    const EnvironmentWords words = environment_words(subject, EnvironmentId{i});
    std::string line = printable(words.name, false, kNameColumnsMax);
    if (!words.kind.empty()) { line += "  " + words.kind; }
    if (words.status) { line += "  " + printable(words.status_text, false, kNameColumnsMax); }
    const auto dependencies = flow.dependencies(EnvironmentId{i});
    for (std::size_t d = 0; d < dependencies.size() && d < kDependenciesShownMax; ++d) {
      line += d == 0 ? "  after " : ", ";
      line += printable(flow.environment_name(dependencies[d]), false, kNameColumnsMax);
    }
    const Colors colors = colors_of(words.status, i == 0);
    page.text(kPageMargin, y, {.size = kLineSize, .fill = colors.text},
              printable(line, false, kLineColumnsMax));
    y += kLineHeight;
  }
  if (count < flow.environment_count()) {
    page.text(kPageMargin, y, {.fill = kFaintInk},
              fmt::format("... and {} more", flow.environment_count() - count));
    y += kLineHeight;
  }
  return page.finish(y - kLineHeight);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
