// SPDX-License-Identifier: Apache-2.0
// How FAILED_ENVIRONMENTS and ERROR_MESSAGE are made (A2 to A4).
#include "release/failure_arguments.hpp"

#include <string>

#include "base/json_string.hpp"
#include "release/message.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// The lengths to which messages are cut, tried one after another (A3).
constexpr std::size_t kMessageLengths[] = {SIZE_MAX, 2048, 1024, 512, 256, 128, 64, 0};

/// The array with messages of at most `length` bytes. Unless that is 0, it may end early once it is
/// longer than A3 allows.
std::string failed_environments(const FlowData& flow, std::span<const FailedEnvironment> failed,
                                std::size_t length) {
  std::string out = "[";
  for (const FailedEnvironment& one : failed) {
    out += out.size() > 1 ? ",{\"Name\":" : "{\"Name\":";
    append_json_string(out, flow.names[one.environment]);
    out += ",\"Status\":\"";
    out += to_string(one.status);
    out += "\",\"Error-message\":";
    if (one.message.size() <= length) {
      append_json_string(out, one.message);
    } else {
      append_json_string(out, cut_text(one.message, length));
    }
    out += '}';
    if (length != 0 && out.size() > kFailedEnvironmentsBytesMax) { break; }
  }
  out += ']';
  return out;
}

}  // namespace

std::shared_ptr<const FailureArguments> failure_arguments(const FlowData& flow,
                                                          std::span<const FailedEnvironment> failed,
                                                          std::string_view message) {
  auto arguments = std::make_shared<FailureArguments>();
  auto& [environments, error] = arguments->values;
  for (const std::size_t length : kMessageLengths) {
    environments = failed_environments(flow, failed, length);
    if (environments.size() <= kFailedEnvironmentsBytesMax) { break; }
  }
  error = message;
  arguments->list = {{{kFailureNames[0], environments}, {kFailureNames[1], error}}};
  return arguments;
}

std::shared_ptr<const FailureArguments> environment_failure(const FlowData& flow,
                                                            EntityIndex environment,
                                                            EnvironmentStatus status,
                                                            std::string_view message) {
  if (flow.step(environment).hooks.on_fail.empty()) { return nullptr; }
  const FailedEnvironment failed{environment, status, message};
  return failure_arguments(flow, {&failed, 1}, message);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
