// SPDX-License-Identifier: Apache-2.0
#include "flow/look_alikes.hpp"

#include <fmt/format.h>

#include <utility>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

template <class Take>
void for_each_hook(const Hooks& hooks, const Take& take) {
  const std::pair<std::string_view, const std::vector<Hook>&> chains[] = {
      {"onStart", hooks.on_start}, {"onSuccess", hooks.on_success}, {"onFail", hooks.on_fail}};
  for (const auto& [point, chain] : chains) {
    for (std::size_t i = 0; i < chain.size(); ++i) { take(point, i, chain[i].name); }
  }
}

}  // namespace

std::vector<LookAlikeHook> find_look_alike_hooks(const Hooks& release,
                                                 std::span<const StepOptions> distinct,
                                                 std::span<const std::uint32_t> step_options) {
  std::vector<LookAlikeHook> found;
  LookAlikes names;
  const auto see = [&](std::string_view, std::size_t, std::string_view name) { names.see(name); };
  for_each_hook(release, see);
  for (const StepOptions& shared : distinct) { for_each_hook(shared.hooks, see); }
  if (!names.needed()) { return found; }
  const auto add = [&](const std::string& object, const Hooks& hooks) {
    for_each_hook(hooks, [&](std::string_view point, std::size_t i, std::string_view name) {
      const std::string_view earlier = names.add(name);
      if (earlier.empty()) { return; }
      found.push_back({fmt::format("{}/hooks/{}/{}", object, point, i), name, earlier});
    });
  };
  add("/spec", release);
  for (std::size_t shared = 0; shared < distinct.size(); ++shared) {
    const auto step = std::find(step_options.begin(), step_options.end(), shared);
    add(fmt::format("/spec/steps/{}", step - step_options.begin()), distinct[shared].hooks);
  }
  return found;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
