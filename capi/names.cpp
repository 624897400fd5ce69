// SPDX-License-Identifier: Apache-2.0
// Versions, names of numbers, durations.
#include "capi.hpp"

using namespace promoflow::capi;

namespace {

template <class Enum>
promoflow_str name(std::int32_t number) noexcept {
  return out_text(to_string(static_cast<Enum>(number)));
}

}  // namespace

promoflow_str promoflow_version(void) { return out_text(promoflow::version()); }

uint32_t promoflow_abi_version(void) {
  return std::uint32_t{PROMOFLOW_ABI_MAJOR} << 16 | std::uint32_t{PROMOFLOW_ABI_MINOR};
}

promoflow_str promoflow_text(const char* text) {
  return {text, text == nullptr ? 0 : std::strlen(text)};
}

promoflow_str promoflow_status_name(promoflow_status status) {
  if (status == PROMOFLOW_OK) { return out_text("ok"); }
  if (status == PROMOFLOW_DONE) { return out_text("done"); }
  return name<promoflow::ErrorCode>(status);
}

promoflow_str promoflow_point_name(int32_t point) { return name<promoflow::Point>(point); }

promoflow_str promoflow_release_status_name(int32_t status) {
  return name<promoflow::ReleaseStatus>(status);
}

promoflow_str promoflow_environment_status_name(int32_t status) {
  return name<promoflow::EnvironmentStatus>(status);
}

promoflow_str promoflow_diagnostic_code_name(int32_t code) {
  return name<promoflow::DiagnosticCode>(code);
}

promoflow_str promoflow_severity_name(int32_t severity) {
  return name<promoflow::Severity>(severity);
}

promoflow_str promoflow_failure_policy_name(int32_t failure_policy) {
  return name<promoflow::FailurePolicy>(failure_policy);
}

promoflow_str promoflow_context_merge_name(int32_t context_merge) {
  return name<promoflow::ContextMerge>(context_merge);
}

promoflow_str promoflow_on_error_name(int32_t on_error) {
  return name<promoflow::OnError>(on_error);
}

promoflow_str promoflow_policy_action_name(int32_t action) {
  return name<promoflow::PolicyAction>(action);
}

promoflow_str promoflow_block_name(int32_t block) { return name<promoflow::AdmissionBlock>(block); }

int32_t promoflow_is_final(int32_t status) {
  return is_within(status, PROMOFLOW_RELEASE_SUCCEEDED, PROMOFLOW_RELEASE_TERMINATED) ? 1 : 0;
}

promoflow_status promoflow_duration_format(int64_t ms, promoflow_buffer** out,
                                           promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    return give_text(error, out, promoflow::format_duration(std::chrono::milliseconds(ms)));
  });
}

promoflow_status promoflow_duration_parse(promoflow_str text, int64_t* out_ms,
                                          promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"text", text}, {"out_ms", out_ms}})) { return bad; }
    const auto duration = promoflow::parse_duration(view(text));
    if (!duration) { return fail(error, duration.error()); }
    *out_ms = duration->count();
    return PROMOFLOW_OK;
  });
}
