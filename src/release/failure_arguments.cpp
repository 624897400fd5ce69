// SPDX-License-Identifier: Apache-2.0
// A2 to A4: FAILED_ENVIRONMENTS and ERROR_MESSAGE.
#include "release/failure_arguments.hpp"

#include <new>

#include "base/json_string.hpp"
#include "document/document.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::detail {

std::shared_ptr<const FailureArguments> failure_arguments(const FlowData& flow,
                                                          std::span<const FailedEnvironment> failed,
                                                          std::string_view message) {
  auto arguments = std::make_shared<FailureArguments>();
  auto& [environments, error] = arguments->values;
  environments = "[";
  for (const FailedEnvironment& one : failed) {
    environments += environments.size() > 1 ? ",{\"Name\":" : "{\"Name\":";
    append_json_string(environments, flow.names[one.lane]);
    environments += ",\"Status\":\"";
    environments += to_string(one.status);
    environments += "\",\"Error-message\":";
    append_json_string(environments, one.message);
    environments += '}';
  }
  environments += ']';
  error = message;
  arguments->list = {{{kFailureNames[0], environments}, {kFailureNames[1], error}}};
  return arguments;
}

std::shared_ptr<const FailureArguments> environment_failure(const FlowData& flow, LaneIndex lane,
                                                            EnvironmentStatus status,
                                                            std::string_view message) {
  if (flow.step(lane).hooks.on_fail.empty()) { return nullptr; }
  const FailedEnvironment failed{lane, status, message};
  return failure_arguments(flow, {&failed, 1}, message);
}

std::string duration_text(Millis duration) {
  auto text = format_duration(std::chrono::milliseconds{duration});
  // Not taken: it can fail only for want of memory, which most texts are too short to need.
  if (!text) { throw std::bad_alloc(); }
  return std::move(*text);
}

}  // namespace promoflow::detail
