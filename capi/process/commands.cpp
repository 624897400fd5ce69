// SPDX-License-Identifier: Apache-2.0
// Commands: which program runs for which name, and the diagnostics of their text.
#include "process.hpp"

using namespace promoflow::capi;
using namespace promoflow::capi::component;

promoflow_status promoflow_process_commands_read(promoflow_str text, promoflow_str directory,
                                                 const promoflow_read_options* options,
                                                 promoflow_process_commands** out,
                                                 promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const char* const name =
            first_missing({{"text", text}, {"directory", directory}, {"out", out}})) {
      return missing(error, name);
    }
    promoflow::ReadOptions given;
    if (options != nullptr) {
      promoflow_read_options in{};
      if (const auto bad = take_struct(error, "options", options, in)) { return bad; }
      if (!read_options(in, given)) { return invalid_argument(error, "options.format"); }
    }
    if (!is_path(directory)) { return no_path(error, "directory"); }
    auto report = promoflow::read_process_commands(view(text), view(directory), given);
    if (!report) { return fail(error, report.error()); }
    *out = new promoflow_process_commands{std::move(*report)};
    return PROMOFLOW_OK;
  });
}

void promoflow_process_commands_free(promoflow_process_commands* commands) { delete commands; }

promoflow_status promoflow_process_commands_diagnostics(const promoflow_process_commands* commands,
                                                        promoflow_diagnostic* out, size_t stride,
                                                        size_t capacity, size_t* count) {
  if (first_missing({{"commands", commands}, {"out", out, capacity}, {"count", count}}) !=
      nullptr) {
    return PROMOFLOW_E_INVALID_ARGUMENT;
  }
  const auto& all = commands->report.diagnostics;
  return fill(out, stride, capacity, count, all.size(),
              [&](std::size_t i) { return to_c(all[i]); });
}

promoflow_status promoflow_process_commands_format(const promoflow_process_commands* commands,
                                                   promoflow_str file, promoflow_str text,
                                                   int32_t format, promoflow_buffer** out,
                                                   promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const char* const name =
            first_missing({{"commands", commands}, {"file", file}, {"text", text}, {"out", out}})) {
      return missing(error, name);
    }
    if (!is_within(format, PROMOFLOW_DIAGNOSTICS_TEXT, PROMOFLOW_DIAGNOSTICS_JSON)) {
      return invalid_argument(error, "format");
    }
    const auto printed =
        promoflow::format_diagnostics(commands->report.diagnostics, {view(file), view(text)},
                                      static_cast<promoflow::DiagnosticFormat>(format));
    if (!printed) { return fail(error, printed.error()); }
    return promoflow_buffer_new(out_text(std::string_view(*printed)), out, error);
  });
}
