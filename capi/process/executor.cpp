// SPDX-License-Identifier: Apache-2.0
// The process executor: its options, and the executor as callbacks.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "executor_callbacks.hpp"
#include "process.hpp"

struct promoflow_process_executor {
  std::shared_ptr<promoflow::ProcessExecutor> executor;
};

using namespace promoflow::capi;
using namespace promoflow::capi::component;

namespace {

promoflow_status take_commands(promoflow_error** error, const promoflow_process_commands* commands,
                               promoflow::ProcessOptions& out) {
  if (commands == nullptr) { return PROMOFLOW_OK; }
  if (commands->report.commands) {
    out.commands = *commands->report.commands;
    return PROMOFLOW_OK;
  }
  const auto problems =
      promoflow::format_diagnostics(commands->report.diagnostics, {"commands", std::string_view()},
                                    promoflow::DiagnosticFormat::Text);
  if (!problems) { return fail(error, problems.error()); }
  return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, "options.commands", *problems);
}

promoflow_status from_c(promoflow_error** error, const promoflow_process_options& in,
                        promoflow::ProcessOptions& out) {
  if (const char* const name = first_missing({{"options.directory", in.directory},
                                              {"options.work_directory", in.work_directory},
                                              {"options.supervisor", in.supervisor}})) {
    return missing(error, name);
  }
  if (!is_path(in.directory)) { return no_path(error, "options.directory"); }
  if (!is_path(in.work_directory)) { return no_path(error, "options.work_directory"); }
  if (const char* const unclear =
          first_unclear({{in.has_grace, "options.has_grace"},
                         {in.promote_without_program, "options.promote_without_program"},
                         {in.durable, "options.durable"},
                         {in.no_suspension, "options.no_suspension"}})) {
    return invalid_argument(error, unclear);
  }
  out.directory = view(in.directory);
  out.work_directory = view(in.work_directory);
  if (in.parallel != 0) { out.parallel = in.parallel; }
  if (in.has_grace != 0) { out.grace = std::chrono::milliseconds(in.grace_ms); }
  if (in.log_bytes_max != 0) {
    out.log_bytes_max =
        static_cast<std::size_t>(std::min<std::uint64_t>(in.log_bytes_max, SIZE_MAX));
  }
  out.promote_without_program = in.promote_without_program != 0;
  if (const auto bad = take_names(error, "options.export_variables", in.export_variables,
                                  in.export_variable_count, out.export_variables)) {
    return bad;
  }
  out.durable = in.durable != 0;
  out.suspends = in.no_suspension == 0;
  if (in.supervisor.data != nullptr) { out.supervisor = view(in.supervisor); }
  if (!is_path(in.supervisor)) { return no_path(error, "options.supervisor"); }
  return take_commands(error, in.commands, out);
}

}  // namespace

promoflow_status promoflow_process_check(const promoflow_flow* flow,
                                         const promoflow_process_options* options,
                                         const promoflow_selection* selection,
                                         promoflow_buffer** out, size_t* errors,
                                         promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const char* const name = first_missing(
            {{"flow", flow}, {"options", options}, {"out", out}, {"errors", errors}})) {
      return missing(error, name);
    }
    promoflow_process_options in{};
    if (const auto bad = take_struct(error, "options", options, in)) { return bad; }
    promoflow::ProcessOptions given;
    if (const auto bad = from_c(error, in, given)) { return bad; }
    promoflow::EnvironmentSelection selected;
    if (const auto bad = from_c(error, selection, selected)) { return bad; }
    std::optional<promoflow::Flow> loaded;
    if (const auto bad = from_c(error, flow, loaded)) { return bad; }
    const auto found = promoflow::check_process_programs(*loaded, given, selected);
    if (!found) { return fail(error, found.error()); }
    std::string text;
    *errors = 0;
    for (const promoflow::ProgramFinding& finding : *found) {
      const bool is_error = finding.severity == promoflow::Severity::Error;
      if (is_error) { ++*errors; }
      text += (is_error ? "" : "warning: ") + finding.message +
              (finding.hint.empty() ? "" : " - " + finding.hint) + '\n';
    }
    return promoflow_buffer_new(out_text(std::string_view(text)), out, error);
  });
}

promoflow_status promoflow_process_executor_new(const promoflow_process_options* options,
                                                promoflow_process_executor** out,
                                                promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const char* const name = first_missing({{"options", options}, {"out", out}})) {
      return missing(error, name);
    }
    promoflow_process_options in{};
    if (const auto bad = take_struct(error, "options", options, in)) { return bad; }
    promoflow::ProcessOptions given;
    if (const auto bad = from_c(error, in, given)) { return bad; }
    auto executor = promoflow::ProcessExecutor::create(std::move(given));
    if (!executor) {
      promoflow::Error& why = executor.error();
      if (why.where == "options.grace") { why.where = "options.grace_ms"; }
      return fail(error, why);
    }
    *out = new promoflow_process_executor{std::move(*executor)};
    return PROMOFLOW_OK;
  });
}

void promoflow_process_executor_free(promoflow_process_executor* executor) { delete executor; }

promoflow_status promoflow_process_executor_callbacks(const promoflow_process_executor* executor,
                                                      promoflow_executor* out,
                                                      promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const char* const name = first_missing({{"executor", executor}, {"out", out}})) {
      return missing(error, name);
    }
    return fill_callbacks(error, out, executor->executor);
  });
}

promoflow_status promoflow_process_executor_wait_idle(const promoflow_process_executor* executor) {
  if (executor == nullptr) { return PROMOFLOW_E_INVALID_ARGUMENT; }
  executor->executor->wait_idle();
  return PROMOFLOW_OK;
}

promoflow_status promoflow_process_executor_kill_all(const promoflow_process_executor* executor) {
  if (executor == nullptr) { return PROMOFLOW_E_INVALID_ARGUMENT; }
  executor->executor->kill_all();
  return PROMOFLOW_OK;
}
