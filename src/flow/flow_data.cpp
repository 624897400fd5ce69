// SPDX-License-Identifier: Apache-2.0
// FlowData: what is derived from the options for the release machine.
#include "flow/flow_data.hpp"

#include <algorithm>
#include <optional>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

std::vector<std::chrono::milliseconds> timer_lengths(const FlowData& flow) {
  std::vector<std::chrono::milliseconds> lengths;
  const auto add = [&](const std::optional<std::chrono::milliseconds>& length) {
    if (length) { lengths.push_back(*length); }
  };
  add(flow.options.hook_timeout);
  for (const Chains& chains : flow.chains) {
    for (const std::span<const Hook> hooks : chains.of) {
      for (const Hook& hook : hooks) { add(hook.timeout); }
    }
  }
  for (const StepOptions& step : flow.steps) {
    add(step.timeout);
    add(step.soak);
  }
  std::sort(lengths.begin(), lengths.end());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  return lengths;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
