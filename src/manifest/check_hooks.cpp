// SPDX-License-Identifier: Apache-2.0
// Hooks and retries: M1, M2, M4.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "document/scalar.hpp"
#include "manifest/check.hpp"

namespace promoflow::detail {

namespace {

// --- retry ---------------------------------------------------------------------------------------

void read_limit(Checker& checker, const Place& value, RetryPolicy& retry) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (const auto limit = checker.integer(value, 0, kMost)) {
    retry.limit = static_cast<std::uint32_t>(*limit);
  }
}

void read_backoff_duration(Checker& checker, const Place& value, RetryPolicy& retry) {
  retry.duration = checker.duration(value, true).value_or(retry.duration);
}

void read_backoff_factor(Checker& checker, const Place& value, RetryPolicy& retry) {
  const double factor = parse_float(checker.text(value));
  if (std::isfinite(factor) && factor > 0) {
    retry.factor = factor;
  } else {
    checker.report.add(DiagnosticCode::InvalidValue, value, value.node,
                       {"'factor' must be a number above 0", "1 waits equally long each time"});
  }
}

void read_backoff_max(Checker& checker, const Place& value, RetryPolicy& retry) {
  retry.max_duration = checker.duration(value, true);
}

constexpr Field<RetryPolicy> kBackoffFields[] = {
    {{"duration"}, read_backoff_duration},
    {{"factor", Expect::Number}, read_backoff_factor},
    {{"maxDuration"}, read_backoff_max},
};

void read_backoff(Checker& checker, const Place& value, RetryPolicy& retry) {
  read_object(checker, value, kBackoffFields, retry);
}

constexpr Field<RetryPolicy> kRetryFields[] = {
    {{"limit", Expect::Integer, Use::Required}, read_limit},
    {{"backoff", Expect::Mapping}, read_backoff},
};

// --- one hook ------------------------------------------------------------------------------------

void read_name(Checker& checker, const Place& value, Hook& hook) {
  hook.name = checker.name(value).value_or("");
}

void read_arguments(Checker& checker, const Place& value, Hook& hook) {
  const Document& document = checker.document;
  for (NodeId key = document.first(value.node); key != kNoNode;) {
    const NodeId node = document.next(key);
    const Place place{node, &value, key};
    if (!is_plain_name(document.text(key))) {
      checker.report.add(DiagnosticCode::InvalidName, place, key,
                         {"an argument's name is empty or has control characters",
                          "give it a plain name, such as CHANNEL"});
    } else if (const NodeId bad = find_not_json(document, node); bad != kNoNode) {
      checker.report.add(
          DiagnosticCode::InvalidValue, place, bad,
          {fmt::format("JSON, which arguments are handed as, has no {}", document.text(bad)),
           "quote it"});
    } else if (document.kind(node) == NodeKind::String) {
      hook.arguments.push_back({std::string(document.text(key)), std::string(document.text(node))});
    } else {
      AssignedArgument argument{std::string(document.text(key)), {}, true};
      append_json(argument.value, document, node);
      hook.arguments.push_back(std::move(argument));
    }
    key = document.next(node);
  }
}

void read_hook_timeout(Checker& checker, const Place& value, Hook& hook) {
  hook.timeout = checker.duration(value, false);
}

void read_hook_retry(Checker& checker, const Place& value, Hook& hook) {
  read_retry(checker, value, hook.retry);
}

void read_on_error(Checker& checker, const Place& value, Hook& hook) {
  read_word(checker, value, kOnErrors, hook.on_error);
}

constexpr Field<Hook> kHookFields[] = {
    {{"name", Expect::Text, Use::Required}, read_name},
    {{"arguments", Expect::Mapping}, read_arguments},
    {{"timeout"}, read_hook_timeout},
    {{"retry", Expect::Mapping}, read_hook_retry},
    {{"onError", Expect::Text}, read_on_error},
};

void read_hook(Checker& checker, const Place& value, std::vector<Hook>& hooks) {
  const NodeKind kind = checker.document.kind(value.node);
  if (kind == NodeKind::Mapping) {
    checker.warn_of_extension(value, value.node, "a hook that is an object");
    read_object(checker, value, kHookFields, hooks.emplace_back());
    if (hooks.back().name.empty()) { hooks.pop_back(); }  // Which has been reported.
  } else if (checker.has_type(Expect::Text, value,
                              kind == NodeKind::Null || kind == NodeKind::Sequence
                                  ? "write the name of a workflow"
                                  : "")) {
    if (const auto name = checker.name(value)) { hooks.emplace_back().name = *name; }
  }
}

/// M1: a name, an object, or a list of those.
void read_hook_list(Checker& checker, const Place& value, std::vector<Hook>& hooks) {
  if (checker.document.kind(value.node) != NodeKind::Sequence) {
    read_hook(checker, value, hooks);
    return;
  }
  Place entry{checker.document.first(value.node), &value};
  hooks.reserve(hooks.size() + checker.document[value.node].size);
  for (; entry.node != kNoNode; entry.node = checker.document.next(entry.node)) {
    read_hook(checker, entry, hooks);
    ++entry.index;
  }
}

// --- the hooks of a release or of a step ---------------------------------------------------------

struct HookLists {
  Hooks& hooks;
  std::vector<Hook> on_end{};
};

constexpr Field<HookLists> kHooksFields[] = {
    {{"onStart"},
     [](Checker& checker, const Place& value, HookLists& lists) {
       read_hook_list(checker, value, lists.hooks.on_start);
     }},
    {{"onSuccess"},
     [](Checker& checker, const Place& value, HookLists& lists) {
       read_hook_list(checker, value, lists.hooks.on_success);
     }},
    {{"onFail"},
     [](Checker& checker, const Place& value, HookLists& lists) {
       read_hook_list(checker, value, lists.hooks.on_fail);
     }},
    {{"onEnd", Expect::Anything, Use::Extension},
     [](Checker& checker, const Place& value, HookLists& lists) {
       read_hook_list(checker, value, lists.on_end);
     }},
};

}  // namespace

void read_retry(Checker& checker, const Place& value, RetryPolicy& retry) {
  read_object(checker, value, kRetryFields, retry);
}

void read_hooks(Checker& checker, const Place& value, Hooks& hooks) {
  HookLists lists{hooks};
  read_object(checker, value, kHooksFields, lists);
  hooks.on_success.insert(hooks.on_success.end(), lists.on_end.begin(), lists.on_end.end());
  hooks.on_fail.insert(hooks.on_fail.end(), lists.on_end.begin(), lists.on_end.end());
}

}  // namespace promoflow::detail
