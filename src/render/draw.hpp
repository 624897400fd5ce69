// SPDX-License-Identifier: Apache-2.0
/// @file
/// The drawings behind render(), one file each. All may throw std::bad_alloc; render() catches it.
#pragma once

#include <string>

#include "promoflow/render.hpp"
#include "render/words.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// In the format of the options.
std::string draw(const Subject& subject, const RenderOptions& options);
std::string draw_text(const Subject& subject, const RenderOptions& options);
std::string draw_mermaid(const Subject& subject);
std::string draw_dot(const Subject& subject);
std::string draw_svg(const Subject& subject);
std::string draw_timeline(const Trace& trace, const RenderOptions& options);

/// Least width that drawings keep to; a smaller one is taken as this.
inline constexpr std::uint32_t kWidthMin = 40;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
