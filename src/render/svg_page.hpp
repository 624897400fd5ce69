// SPDX-License-Identifier: Apache-2.0
/// @file
/// A page of SVG: the frame, texts, and the lines above and below the drawing itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "render/words.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr double kPageMargin = 24;
inline constexpr std::string_view kInk = "#1f2328";
inline constexpr std::string_view kFaintInk = "#57606a";

/// Width of a text. Pages are set in monospaced fonts, of which the widest in use take 0.602 of
/// their size a character: so the size of a box is known without any font.
double text_width(std::string_view text, double size);

struct TextStyle {
  double size = 12;
  std::string_view fill = kInk;
  bool bold = false;
  bool ends_here = false;  ///< The place given is the text's end, not its start.
};

/// Builds one document: header(), then what is drawn, then finish().
class SvgPage {
 public:
  explicit SvgPage(const Subject& subject);

  /// Height of the lines above the drawing, and below it; width that both need.
  double top() const { return top_; }
  double bottom() const { return bottom_; }
  double width_min() const { return width_min_; }

  /// Size of the whole page, and what a screen reader says.
  void header(double width, double height, std::string_view description);
  void text(double x, double y, const TextStyle& style, std::string_view words);
  /// Appends markup as it is.
  void add(std::string_view markup) { out_ += markup; }
  /// `y`: where the drawing ends. The page is empty afterwards.
  std::string finish(double y);

 private:
  struct Line {
    std::string_view label;
    std::string text;
    std::string_view fill;
  };
  void add_hooks(std::vector<Line>& lines, Point point);
  void add_lines(const std::vector<Line>& lines, double y);

  const Subject& subject_;
  std::vector<Line> above_;
  std::vector<Line> below_;
  double top_ = 0;
  double bottom_ = 0;
  double width_min_ = 0;
  std::string out_;
};

/// The text with XML's special characters escaped.
std::string xml(std::string_view text);

/// The environments as lines of text, for flows that are too large for a picture.
std::string draw_svg_list(const Subject& subject);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
