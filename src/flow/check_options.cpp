// SPDX-License-Identifier: Apache-2.0
// Checks of options that a host made in code: a flow takes only what a manifest can say (M8).
#include "flow/check_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/enumerator.hpp"
#include "base/name_text.hpp"
#include "base/utf8.hpp"
#include "document/document.hpp"
#include "flow/default_names.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Arguments assigned to one hook. Bounded because each is compared with all the others.
constexpr std::size_t kHookArgumentsMax = 1024;
constexpr std::size_t kProblemsMax = 1000;

bool is_json(std::string_view text) {
  Document document;
  std::vector<Diagnostic> problems;
  const ReadOptions options{.format = TextFormat::Json, .limits = {}};
  read_document(text, options, document, problems, DuplicateKeys::LastWins);
  return problems.empty();
}

class Check {
 public:
  void flow(const FlowOptions& options) {
    annotations(options.annotations);
    if (options.post_trigger) { name("/postTrigger", "postTrigger", *options.post_trigger); }
    if (options.promotion_timeout_limit <= std::chrono::minutes(0) ||
        options.promotion_timeout_limit > kTimeoutLimitMax) {
      value("/promotionTimeoutLimit",
            fmt::format("the flow's time limit must be from 1 to {} minutes",
                        kTimeoutLimitMax.count()),
            "a day is 1440");
    }
    if (options.hook_timeout) { timeout("/hookTimeout", "a timeout", *options.hook_timeout); }
    if (options.termination_grace_period) {
      timeout("/terminationGracePeriod", "a grace period", *options.termination_grace_period);
    }
    known("/failurePolicy", options.failure_policy, FailurePolicy::Abort);
    known("/contextMerge", options.context_merge, ContextMerge::Deep);
    hooks(options.hooks);
  }

  void step(const StepOptions& options) {
    if (options.policy.action) {
      known("/policy/action", *options.policy.action, PolicyAction::None);
    }
    if (options.policy.pre_action) {
      name("/policy/preAction", "preAction", *options.policy.pre_action);
    }
    if (options.policy.post_action) {
      name("/policy/postAction", "postAction", *options.policy.post_action);
    }
    hooks(options.hooks);
    limits("", options.timeout, options.retry);
    if (options.soak) { timeout("/soak", "a soak", *options.soak); }
  }

  OptionProblems problems;

 private:
  using Timeout = std::optional<std::chrono::milliseconds>;
  static constexpr std::chrono::milliseconds kZero{0};

  void add(OptionProblem problem) {
    const bool warning = static_cast<std::int32_t>(problem.code) > 100;
    if (problems.listed.size() < kProblemsMax) {
      problems.listed.push_back(std::move(problem));
    } else {
      ++(warning ? problems.warnings_unlisted : problems.errors_unlisted);
    }
  }

  void value(std::string pointer, std::string message, std::string hint) {
    add({DiagnosticCode::InvalidValue, std::move(pointer), std::move(message), std::move(hint)});
  }

  /// A manifest has a word for each enumerator.
  template <class Enum>
  void known(std::string pointer, Enum given, Enum last) {
    if (is_enumerator(given, last)) { return; }
    value(std::move(pointer),
          fmt::format("{} is no value of its enumeration", static_cast<std::int32_t>(given)),
          fmt::format("values are from 1 to {}", static_cast<std::int32_t>(last)));
  }

  void name(std::string pointer, std::string_view what, std::string_view given) {
    if (is_plain_name(given)) { return; }
    NameProblem problem = explain_name(given);
    add({DiagnosticCode::InvalidName, std::move(pointer),
         fmt::format("the name of a {} {}", what, problem.message), std::move(problem.hint)});
  }

  void annotations(const std::vector<std::pair<std::string, std::string>>& given) {
    for (const auto& [key, text] : given) {
      if (!is_utf8(key) || !is_utf8(text)) {
        value("/metadata/annotations", "an annotation is not UTF-8", "give its text as UTF-8");
      }
    }
    std::vector<std::string_view> keys;
    keys.reserve(given.size());
    for (const auto& annotation : given) { keys.emplace_back(annotation.first); }
    reject_duplicates("/metadata/annotations", "annotation", std::move(keys));
  }

  void hooks(const Hooks& hooks) {
    chain("/hooks/onStart", hooks.on_start);
    chain("/hooks/onSuccess", hooks.on_success);
    chain("/hooks/onFail", hooks.on_fail);
  }

  void chain(std::string_view pointer, const std::vector<Hook>& hooks) {
    for (std::size_t i = 0; i < hooks.size(); ++i) {
      hook(fmt::format("{}/{}", pointer, i), hooks[i]);
    }
  }

  void hook(const std::string& pointer, const Hook& hook) {
    name(pointer, "hook", hook.name);
    if (hook.arguments.size() > kHookArgumentsMax) {
      add({DiagnosticCode::LimitExceeded, pointer + "/arguments",
           fmt::format("a hook is assigned more than {} arguments", kHookArgumentsMax),
           "hand large data on as one JSON value"});
      return;
    }
    std::vector<std::string_view> names;
    names.reserve(hook.arguments.size());
    for (const AssignedArgument& argument : hook.arguments) {
      name(pointer + "/arguments", "hook's argument", argument.name);
      if (is_default_name(argument.name)) {
        add({DiagnosticCode::ReservedArgument, pointer + "/arguments/" + argument.name,
             reserved_argument_message(argument.name), std::string(kReservedArgumentHint)});
      }
      names.emplace_back(argument.name);
      if (!is_utf8(argument.value) || (argument.json && !is_json(argument.value))) {
        value(pointer + "/arguments",
              fmt::format("the value of a hook's argument is not {}",
                          argument.json ? "JSON" : "UTF-8"),
              argument.json ? "give compact JSON text, or let it be a string" : "give it as UTF-8");
      }
    }
    reject_duplicates(pointer + "/arguments", "argument", std::move(names));
    if (hook.reads) { keys(pointer + "/reads", *hook.reads); }
    if (hook.exports) { keys(pointer + "/exports", *hook.exports); }
    known(pointer + "/onError", hook.on_error, OnError::Ignore);
    limits(pointer, hook.timeout, hook.retry);
  }

  void keys(const std::string& pointer, const std::vector<std::string>& keys) {
    for (const std::string& key : keys) { name(pointer, "context key", key); }
  }

  /// A manifest cannot have the same key twice.
  void reject_duplicates(std::string pointer, std::string_view what,
                         std::vector<std::string_view> names) {
    std::sort(names.begin(), names.end());
    const auto found = std::adjacent_find(names.begin(), names.end());
    if (found != names.end()) {
      add({DiagnosticCode::DuplicateKey, std::move(pointer),
           fmt::format("{} '{}' is given twice", what, *found), "keep one of the two"});
    }
  }

  void timeout(std::string pointer, std::string_view what, std::chrono::milliseconds given) {
    if (given <= kZero || given > kDurationMax) {
      value(std::move(pointer), fmt::format("{} must be above 0, and below 292 years", what),
            "leave it out for none");
    }
  }

  void limits(std::string_view pointer, Timeout given, const RetryPolicy& retry) {
    const auto is_out_of_range = [](std::chrono::milliseconds wait) {
      return wait < kZero || wait > kDurationMax;
    };
    if (given) { timeout(fmt::format("{}/timeout", pointer), "a timeout", *given); }
    if (is_out_of_range(retry.duration) || is_out_of_range(retry.max_duration.value_or(kZero))) {
      value(fmt::format("{}/retry/backoff", pointer),
            "a wait must be 0 or more, and below 292 years", "0 does not wait");
    }
    if (!std::isfinite(retry.factor) || retry.factor <= 0) {
      value(fmt::format("{}/retry/backoff/factor", pointer), "'factor' must be a number above 0",
            "1 waits equally long each time");
    }
  }
};

}  // namespace

std::string reserved_argument_message(std::string_view name) {
  return fmt::format("the argument '{}' is never handed to the hook: its name is reserved", name);
}

OptionProblems check_options(const FlowOptions& options) {
  Check check;
  check.flow(options);
  return std::move(check.problems);
}

OptionProblems check_options(const StepOptions& options) {
  Check check;
  check.step(options);
  return std::move(check.problems);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
