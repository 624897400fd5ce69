// SPDX-License-Identifier: Apache-2.0
#include "promoflow/render.hpp"

#include <exception>
#include <new>

#include "render/draw.hpp"

namespace promoflow {
namespace {

/// The guard of all drawings: nothing throws across the library's border.
template <class Body>
Result<std::string> guarded(Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return tl::unexpected(Error{ErrorCode::OutOfMemory, {}, {}});  // Empty: nothing to allocate.
  } catch (const std::exception&) { return tl::unexpected(Error{ErrorCode::Internal, {}, {}}); }
}

std::string draw(const detail::Subject& subject, const RenderOptions& options) {
  switch (options.format) {
    case RenderFormat::Text: return detail::draw_text(subject, options);
    case RenderFormat::Mermaid: return detail::draw_mermaid(subject);
    case RenderFormat::Dot: return detail::draw_dot(subject);
    case RenderFormat::Svg: return detail::draw_svg(subject);
  }
  return {};
}

}  // namespace

Result<std::string> render(const Flow& flow, const RenderOptions& options) noexcept {
  return guarded([&] { return draw({.flow = flow}, options); });
}

Result<std::string> render(const Release& release, const RenderOptions& options) noexcept {
  return guarded([&] { return draw({.flow = release.flow(), .release = &release}, options); });
}

Result<std::string> render_timeline(const Trace& trace, const RenderOptions& options) noexcept {
  return guarded([&] { return detail::draw_timeline(trace, options); });
}

}  // namespace promoflow
