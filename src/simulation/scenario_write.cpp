// SPDX-License-Identifier: Apache-2.0
// A scenario as text: reading it again gives an equal one.
#include <fmt/format.h>

#include "base/guard.hpp"
#include "manifest/output.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/simulation.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

void write_member(Output& out, std::string_view key, std::string_view text) {
  out.key(key);
  out.string(text);
}

void write_duration(Output& out, std::string_view key, std::chrono::milliseconds duration) {
  out.key(key);
  out.word(value_or_throw(format_duration(duration)));
}

void write_names(Output& out, std::string_view key, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  out.key(key);
  out.strings(views);
}

void write_release(Output& out, const ReleaseInfo& release) {
  out.key("release");
  out.begin_mapping();
  write_member(out, "id", release.id);
  if (!release.url.empty()) { write_member(out, "url", release.url); }
  if (!release.product.empty()) { write_member(out, "product", release.product); }
  if (!release.version.empty()) { write_member(out, "version", release.version); }
  if (!release.commit_sha.empty()) { write_member(out, "commitSha", release.commit_sha); }
  out.end();
}

void write_outcome(Output& out, const Outcome& rule) {
  out.entry();
  out.begin_mapping();
  if (rule.hook) { write_member(out, "hook", *rule.hook); }
  if (rule.point) { write_member(out, "point", to_string(*rule.point)); }
  if (rule.environment) { write_member(out, "environment", *rule.environment); }
  if (rule.place) {
    out.key("place");
    out.number(fmt::to_string(*rule.place));
  }
  if (rule.attempt) {
    out.key("attempt");
    out.number(fmt::to_string(*rule.attempt));
  }
  if (rule.suspend) { write_duration(out, "suspend", *rule.suspend); }
  if (rule.after.count() != 0) { write_duration(out, "after", rule.after); }
  if (rule.fail) { write_member(out, "fail", *rule.fail); }
  if (rule.context) { write_member(out, "contextText", *rule.context); }
  if (rule.fail_in_soak) {
    out.key("failInSoak");
    out.begin_mapping();
    write_duration(out, "after", rule.fail_in_soak->after);
    write_member(out, "message", rule.fail_in_soak->message);
    out.end();
  }
  out.end();
}

void write_action(Output& out, const Action& action) {
  out.entry();
  out.begin_mapping();
  write_duration(out, "at", action.at);
  if (const auto* retry = std::get_if<RetryAction>(&action.what)) {
    if (retry->environments) {
      write_names(out, "retry", *retry->environments);
    } else {
      out.key("retry");
      out.number("true");
    }
  } else if (const auto* skip = std::get_if<SkipAction>(&action.what)) {
    write_member(out, "skip", skip->environment);
    if (!skip->reason.empty()) { write_member(out, "reason", skip->reason); }
  } else {
    const auto& terminate = std::get<TerminateAction>(action.what);
    write_member(out, "terminate", terminate.reason);
    if (terminate.force) {
      out.key("force");
      out.number("true");
    }
  }
  if (!action.by.empty()) { write_member(out, "by", action.by); }
  out.end();
}

}  // namespace

}  // namespace detail

Result<std::string> write_scenario(const Scenario& scenario, TextFormat format) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    detail::Output out(format != TextFormat::Json);
    out.begin_mapping();
    detail::write_release(out, scenario.release);
    if (!scenario.context.empty()) {
      out.key("context");
      out.json(scenario.context);
    }
    const EnvironmentSelection& selection = scenario.selection;
    if (selection.skip) { detail::write_names(out, "skip", *selection.skip); }
    if (selection.until) { detail::write_names(out, "until", *selection.until); }
    if (selection.only) { detail::write_names(out, "only", *selection.only); }
    if (!scenario.outcomes.empty()) {
      out.key("outcomes");
      out.begin_list();
      for (const Outcome& rule : scenario.outcomes) { detail::write_outcome(out, rule); }
      out.end();
    }
    if (!scenario.actions.empty()) {
      out.key("actions");
      out.begin_list();
      for (const Action& action : scenario.actions) { detail::write_action(out, action); }
      out.end();
    }
    out.end();
    return out.take();
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
