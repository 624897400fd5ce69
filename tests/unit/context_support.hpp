// SPDX-License-Identifier: Apache-2.0
/// @file
/// What tests of the promotion context share: flows to write in, and a context that is written to
/// without a release around it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "context/promotion_context.hpp"
#include "promoflow/promoflow.hpp"
#include "release_support.hpp"

namespace promoflow::test {

/// dev -> step 1, step 2, ..., none of which depends on another one.
inline Flow parallel_steps(std::size_t steps) {
  FlowBuilder builder("parallel", "dev");
  for (std::size_t i = 1; i <= steps; ++i) { builder.step("step-" + std::to_string(i), {"dev"}); }
  return built(builder);
}

/// dev -> step 1 -> step 2 -> ...
inline Flow chained_steps(std::size_t steps) {
  FlowBuilder builder("chained", "dev");
  std::string before = "dev";
  for (std::size_t i = 1; i <= steps; ++i) {
    const std::string name = "step-" + std::to_string(i);
    builder.step(name, {std::string_view(before)});
    before = name;
  }
  return built(builder);
}

inline constexpr std::uint32_t kOfRelease = detail::Writer::kRelease;

/// A promotion context that is written to export by export; tickets are counted from 1.
class WrittenContext {
 public:
  explicit WrittenContext(Flow flow, ContextMerge merge = ContextMerge::Shallow,
                          std::string_view given = {})
      : flow_(std::move(flow)), merge_(merge) {
    if (!given.empty()) { reason = context.start(given, notes); }
  }

  /// Exports as a hook of an environment, or of the release. Returns what was noted, one word a
  /// note: `A:3>5` is a conflict of tickets 3 and 5, `A!5` a shadowed key; or the reason why the
  /// export is invalid.
  std::string write(std::uint32_t environment, std::string_view text) {
    detail::PromotionContext::Merge planned;
    std::string invalid =
        context.plan(text, merge_, {Ticket{++ticket}, environment}, flow_.data(), planned);
    if (!invalid.empty()) { return invalid; }
    context.commit(planned);
    return words(planned.notes);
  }
  std::string json() const { return Context(context.state().get()).to_json().value(); }
  const detail::ContextData& data() const { return *context.state(); }
  const Flow& flow() const { return flow_; }

  static std::string words(const std::vector<detail::ContextNote>& notes) {
    std::string list;
    for (const detail::ContextNote& note : notes) {
      list += list.empty() ? "" : " ";
      list += note.key;
      list += note.shadowed ? "!" : ":" + std::to_string(static_cast<std::uint64_t>(note.earlier));
      list += (note.shadowed ? "" : ">") + std::to_string(static_cast<std::uint64_t>(note.later));
    }
    return list;
  }

  detail::PromotionContext context;
  std::vector<detail::ContextNote> notes;  ///< Of the start.
  std::string reason;                      ///< Why the start was refused.
  std::uint64_t ticket = 0;

 private:
  Flow flow_;
  ContextMerge merge_;
};

}  // namespace promoflow::test
