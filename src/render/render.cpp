// SPDX-License-Identifier: Apache-2.0
#include "promoflow/render.hpp"

#include "base/guard.hpp"
#include "render/draw.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

std::string draw(const Subject& subject, const RenderOptions& options) {
  switch (options.format) {
    case RenderFormat::Text: return draw_text(subject, options);
    case RenderFormat::Mermaid: return draw_mermaid(subject);
    case RenderFormat::Dot: return draw_dot(subject);
    case RenderFormat::Svg: return draw_svg(subject);
  }
  return {};
}

}  // namespace detail

Result<std::string> render(const Flow& flow, const RenderOptions& options) noexcept {
  return detail::guarded(
      [&]() -> Result<std::string> { return detail::draw({.flow = flow}, options); });
}

Result<std::string> render(const Release& release, const RenderOptions& options) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    if (release.status() == ReleaseStatus{}) {
      return tl::unexpected(detail::moved_from("release"));
    }
    return detail::draw({.flow = release.flow(), .release = &release}, options);
  });
}

Result<std::string> render(const Flow& flow, const ReleaseOutcome& outcome,
                           const RenderOptions& options) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    if (outcome.environments.size() != flow.environment_count()) {
      return tl::unexpected(Error{ErrorCode::InvalidArgument, "outcome", "it is of another flow"});
    }
    return detail::draw({.flow = flow, .outcome = &outcome}, options);
  });
}

Result<std::string> render_timeline(const Trace& trace, const RenderOptions& options) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    if (trace.size() == 0) { return tl::unexpected(detail::moved_from("trace")); }
    return detail::draw_timeline(trace, options);
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
