// SPDX-License-Identifier: Apache-2.0
// Executors made of callbacks, and the runs that they drive.
#include "promoflow/executor.hpp"

#include "base/guard.hpp"
#include "callback_executor.hpp"
#include "capi.hpp"
#include "promoflow/scripted_executor.hpp"
#include "reply.hpp"

struct promoflow_control {
  promoflow::Control control;
};

struct promoflow_waiting {
  promoflow::Waiting& waiting;
};

using namespace promoflow::capi;

namespace {

/// The host's executor, which answers run()'s replies themselves.
class RunExecutor final : public CallbackExecutor {
 public:
  using CallbackExecutor::CallbackExecutor;

 private:
  promoflow_reply* new_reply(const promoflow::Reply& reply) const override {
    return new promoflow_reply(reply);
  }
};

class CallbackClock final : public promoflow::Clock {
 public:
  explicit CallbackClock(const promoflow_clock& callbacks) noexcept : callbacks_(callbacks) {}

  promoflow::Instant now() override { return instant(callbacks_.now(callbacks_.user)); }
  void wait(promoflow::Waiting& waiting, std::optional<promoflow::Instant> deadline) override {
    promoflow_waiting handle{waiting};
    callbacks_.wait(&handle, deadline ? millis(*deadline) : PROMOFLOW_NO_TIME, callbacks_.user);
  }

 private:
  promoflow_clock callbacks_;
};

/// The host's observer. It makes a handle of the release for the length of one call.
class Observer {
 public:
  explicit Observer(const promoflow_run_options& options) noexcept : options_(options) {}

  void operator()(const promoflow::Release& release, const promoflow::Record& record) const {
    promoflow_release view_of(release);
    reserve_one(view_of);
    promoflow_record fields = promoflow::capi::to_c(record, release.flow());
    fields.struct_size = sizeof(fields);
    const auto given = command_of(record);
    promoflow_command command = given ? keep(view_of, *given) : promoflow_command{};
    command.struct_size = sizeof(command);
    view_of.last.emplace(record);
    options_.observe(&view_of, &fields, &command, options_.user);
  }

 private:
  promoflow_run_options options_;
};

/// The struct_size of an event for the journal. A program of 0.1 may copy the event in the size
/// that it had and pass the copy on; none of its events needs the fields that came later.
std::uint32_t journalled_size(const promoflow_run_options& options,
                              const promoflow_event& event) noexcept {
  const bool needs_all = event.by.size != 0 || event.environment.size != 0 ||
                         event.environments != nullptr || event.force != 0;
  const bool is_first = options.struct_size < sizeof(options);
  return is_first && !needs_all ? kFirstSize<promoflow_event> : sizeof(promoflow_event);
}

/// The options of a run in C++, and the clock that they point to.
struct Run {
  promoflow::RunOptions options{};
  std::optional<CallbackClock> clock{};
};

promoflow_status from_c(promoflow_error** error, const promoflow_run_options* in, Run& out) {
  if (in == nullptr) { return PROMOFLOW_OK; }
  promoflow_run_options given{};
  if (const auto bad = take_struct(error, "options", in, given)) { return bad; }
  if (const auto bad = need(error, {{"options.context", given.context}})) { return bad; }
  out.options.context = view(given.context);
  if (const auto bad = promoflow::capi::from_c(error, "options.selection", given.selection,
                                               out.options.selection)) {
    return bad;
  }
  if (given.control != nullptr) { out.options.control = given.control->control; }
  if (given.clock != nullptr) {
    promoflow_clock clock{};
    if (const auto bad = take_struct(error, "options.clock", given.clock, clock)) { return bad; }
    if (clock.now == nullptr || clock.wait == nullptr) { return missing(error, "options.clock"); }
    out.options.clock = &out.clock.emplace(clock);
  }
  if (given.journal != nullptr) {
    out.options.journal = [given](const promoflow::Event& event) {
      std::vector<promoflow_str> names;
      promoflow_event fields = promoflow::capi::to_c(event, names);
      std::string line;
      if (std::holds_alternative<promoflow::ReleaseStarted>(event.what)) {
        line = promoflow::detail::value_or_throw(promoflow::to_json(event));
        fields.context = {};
        fields.text = promoflow::capi::out_text(line);
      }
      fields.struct_size = journalled_size(given, fields);
      return given.journal(&fields, given.user) == 0;
    };
  }
  if (given.observe != nullptr) { out.options.observer = Observer(given); }
  return PROMOFLOW_OK;
}

/// Makes an executor of the host's callbacks: from then on destroy() is called, whatever happens.
promoflow_status from_c(promoflow_error** error, const promoflow_executor* in,
                        std::optional<RunExecutor>& out) {
  promoflow_executor given{};
  if (const auto bad = take_struct(error, "executor", in, given)) { return bad; }
  const char* const problem = out.emplace(given).problem();
  if (problem == nullptr) { return PROMOFLOW_OK; }
  return std::string_view(problem) == "executor" ? missing(error, problem)
                                                 : invalid_argument(error, problem);
}

promoflow_status start(promoflow_error** error, const promoflow_flow* flow,
                       const promoflow_release_info* info, promoflow::Executor& executor, Run& run,
                       promoflow_release** out) {
  promoflow::ReleaseInfo given;
  if (const auto bad = promoflow::capi::from_c(error, "info", info, given)) { return bad; }
  auto release = promoflow::run(flow->flow, std::move(given), executor, run.options);
  if (!release) { return fail(error, release.error()); }
  *out = new promoflow_release(std::move(*release));
  return PROMOFLOW_OK;
}

/// Drives a release that exists: `drive(release, executor, options)` calls resume() or retry().
template <class Drive>
promoflow_status continue_release(promoflow_release* release, const promoflow_executor* executor,
                                  const promoflow_run_options* options, promoflow_error** error,
                                  Drive drive) noexcept {
  return guarded(error, [&]() -> promoflow_status {
    std::optional<RunExecutor> callbacks;
    if (const auto bad = from_c(error, executor, callbacks)) { return bad; }
    if (const auto bad = need(error, {{"release", release}})) { return bad; }
    Run run;
    if (const auto bad = from_c(error, options, run)) { return bad; }
    release->change();
    return drive(release->release, *callbacks, run.options);
  });
}

}  // namespace

promoflow_status promoflow_run(const promoflow_flow* flow, const promoflow_release_info* info,
                               const promoflow_executor* executor,
                               const promoflow_run_options* options, promoflow_release** out,
                               promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    std::optional<RunExecutor> callbacks;
    if (const auto bad = from_c(error, executor, callbacks)) { return bad; }
    if (const auto bad = need(error, {{"flow", flow}, {"out", out}})) { return bad; }
    Run run;
    if (const auto bad = from_c(error, options, run)) { return bad; }
    return start(error, flow, info, *callbacks, run, out);
  });
}

promoflow_status promoflow_resume(promoflow_release* release, const promoflow_executor* executor,
                                  const promoflow_run_options* options, promoflow_error** error) {
  return continue_release(release, executor, options, error,
                          [&](auto& of, auto& with, const auto& how) {
                            const auto done = promoflow::resume(of, with, how);
                            return done ? PROMOFLOW_OK : fail(error, done.error());
                          });
}

promoflow_status promoflow_retry(promoflow_release* release, const promoflow_executor* executor,
                                 const promoflow_run_options* options, promoflow_error** error) {
  return promoflow_retry_with(release, nullptr, 0, {nullptr, 0}, executor, options, error);
}

promoflow_status promoflow_retry_with(promoflow_release* release, const promoflow_str* environments,
                                      size_t count, promoflow_str by,
                                      const promoflow_executor* executor,
                                      const promoflow_run_options* options,
                                      promoflow_error** error) {
  return continue_release(
      release, executor, options, error, [&](auto& of, auto& with, const auto& how) {
        promoflow::Retry what;
        std::vector<std::string_view> names;
        if (const auto bad = need(error, {{"by", by}})) { return bad; }
        if (const auto bad = read_names(error, "environments", environments, count, names)) {
          return bad;
        }
        if (environments != nullptr) { what.environments = names; }
        what.by = view(by);
        const auto done = promoflow::retry(of, with, how, what);
        return done ? PROMOFLOW_OK : fail(error, done.error());
      });
}

promoflow_status promoflow_run_scripted(const promoflow_flow* flow,
                                        const promoflow_release_info* info,
                                        const promoflow_scenario* scenario,
                                        const promoflow_run_options* options,
                                        promoflow_release** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"scenario", scenario}, {"out", out}})) {
      return bad;
    }
    if (!scenario->report.scenario) {
      return fail(error, PROMOFLOW_E_INVALID_SCENARIO, "scenario",
                  "the scenario has errors; see its diagnostics");
    }
    Run run;
    if (const auto bad = from_c(error, options, run)) { return bad; }
    promoflow::ScriptedExecutor executor(*scenario->report.scenario, run.options.clock);
    return start(error, flow, info, executor, run, out);
  });
}

int32_t promoflow_waiting_ready(const promoflow_waiting* waiting) {
  return waiting != nullptr && waiting->waiting.ready() ? 1 : 0;
}

int32_t promoflow_waiting_for(promoflow_waiting* waiting, int64_t ms) {
  if (waiting == nullptr) { return 0; }
  std::optional<std::chrono::milliseconds> time;
  if (ms != PROMOFLOW_NO_TIME) { time = std::chrono::milliseconds(ms); }
  return waiting->waiting.wait_for(time) ? 1 : 0;
}

promoflow_status promoflow_control_new(promoflow_control** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    *out = new promoflow_control{};
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_control_terminate(const promoflow_control* control, promoflow_str reason,
                                             promoflow_error** error) {
  return promoflow_control_terminate_with(control, reason, 0, {nullptr, 0}, error);
}

promoflow_status promoflow_control_terminate_with(const promoflow_control* control,
                                                  promoflow_str reason, int32_t force,
                                                  promoflow_str by, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"control", control}, {"reason", reason}, {"by", by}})) {
      return bad;
    }
    if (!is_yes_or_no(force)) { return invalid_argument(error, "force"); }
    control->control.terminate(std::string(view(reason)), force != 0, std::string(view(by)));
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_control_retry(const promoflow_control* control,
                                         const promoflow_str* environments, size_t count,
                                         promoflow_str by, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"control", control}, {"by", by}})) { return bad; }
    std::vector<std::string> names;
    if (const auto bad = read_names(error, "environments", environments, count, names)) {
      return bad;
    }
    control->control.retry(std::move(names), std::string(view(by)));
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_control_skip(const promoflow_control* control, promoflow_str environment,
                                        promoflow_str reason, promoflow_str by,
                                        promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(
            error,
            {{"control", control}, {"environment", environment}, {"reason", reason}, {"by", by}})) {
      return bad;
    }
    control->control.skip(std::string(view(environment)), std::string(view(reason)),
                          std::string(view(by)));
    return PROMOFLOW_OK;
  });
}

void promoflow_control_free(promoflow_control* control) { delete control; }
