// SPDX-License-Identifier: Apache-2.0
// The fields of hooks and retries (M1, M2, M4).
#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <limits>

#include "base/name_text.hpp"
#include "document/scalar.hpp"
#include "flow/default_names.hpp"
#include "manifest/check.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// See TextLimits::work_max.
constexpr std::size_t kHookWork = 8;

// --- retry ---------------------------------------------------------------------------------------

void read_limit(Checker& checker, const NodePath& value, RetryPolicy& retry) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (const auto limit = checker.integer(value, 0, kMost)) {
    retry.limit = static_cast<std::uint32_t>(*limit);
  }
}

void read_backoff_duration(Checker& checker, const NodePath& value, RetryPolicy& retry) {
  retry.duration = checker.duration(value, true).value_or(retry.duration);
}

void read_backoff_factor(Checker& checker, const NodePath& value, RetryPolicy& retry) {
  const double factor = parse_float(checker.text(value));
  if (std::isfinite(factor) && factor > 0) {
    retry.factor = factor;
    checker.warn_of_number(value, fmt::format("{}", factor));
  } else {
    checker.report.add(DiagnosticCode::InvalidValue, value, value.node,
                       {"'factor' must be a number above 0", "1 waits equally long each time"});
  }
}

void read_backoff_max(Checker& checker, const NodePath& value, RetryPolicy& retry) {
  retry.max_duration = checker.duration(value, true);
}

constexpr Field<RetryPolicy> kBackoffFields[] = {
    {{"duration"}, read_backoff_duration},
    {{"factor", Expect::Number}, read_backoff_factor},
    {{"maxDuration"}, read_backoff_max},
};

void read_backoff(Checker& checker, const NodePath& value, RetryPolicy& retry) {
  read_object(checker, value, kBackoffFields, retry);
}

constexpr Field<RetryPolicy> kRetryFields[] = {
    {{"limit", Expect::Integer, Use::Required}, read_limit},
    {{"backoff", Expect::Mapping}, read_backoff},
};

// --- one hook ------------------------------------------------------------------------------------

/// The hook being read, and whether it has an onError of its own: onEnd has another default (M2).
struct HookTarget {
  Hook& hook;
  bool has_on_error = false;
};

void read_name(Checker& checker, const NodePath& value, HookTarget& target) {
  target.hook.name = checker.name(value).value_or("");
}

/// A warning only, because the hook runs, though without this argument (A5).
void warn_if_reserved(Checker& checker, const NodePath& argument, NodeId key) {
  const std::string_view name = checker.document.text(key);
  if (is_default_name(name)) {
    checker.report.warn(DiagnosticCode::ReservedArgument, argument, key,
                        {reserved_argument_message(name), std::string(kReservedArgumentHint)});
  }
}

void read_arguments(Checker& checker, const NodePath& value, HookTarget& target) {
  const Document& document = checker.document;
  Hook& hook = target.hook;
  for (NodeId key = document.first(value.node); key != kNoNode;) {
    const NodeId node = document.next(key);
    const NodePath path{node, &value, key};
    warn_if_reserved(checker, path, key);
    checker.warn_of_key(path);
    checker.warn_of_values(path);
    if (!is_plain_name(document.text(key))) {
      NameProblem problem = explain_name(document.text(key));
      checker.report.add(
          DiagnosticCode::InvalidName, path, key,
          {fmt::format("an argument's name {}", problem.message), std::move(problem.hint)});
    } else if (const NodeId bad = find_not_json(document, node); bad != kNoNode) {
      checker.report.add(
          DiagnosticCode::InvalidValue, path, bad,
          {fmt::format("JSON, which arguments are handed as, has no {}", document.text(bad)),
           "quote it"});
    } else if (document.kind(node) == NodeKind::String) {
      hook.arguments.push_back({std::string(document.text(key)), std::string(document.text(node))});
    } else {
      AssignedArgument argument{std::string(document.text(key)), {}, true};
      append_json(argument.value, document, node);
      if (!checker.spend(argument.value.size() / 16, path)) { return; }
      hook.arguments.push_back(std::move(argument));
    }
    key = document.next(node);
  }
}

void read_hook_timeout(Checker& checker, const NodePath& value, HookTarget& target) {
  target.hook.timeout = checker.duration(value, false);
}

void read_hook_retry(Checker& checker, const NodePath& value, HookTarget& target) {
  read_retry(checker, value, target.hook.retry);
}

void read_on_error(Checker& checker, const NodePath& value, HookTarget& target) {
  target.has_on_error = true;
  read_word(checker, value, kOnErrors, target.hook.on_error);
}

/// Reads `reads` or `exports`: the names of context keys.
template <std::optional<std::vector<std::string>> Hook::*Keys>
void read_keys(Checker& checker, const NodePath& value, HookTarget& target) {
  std::vector<std::string>& keys = (target.hook.*Keys).emplace();
  NodePath entry{checker.document.first(value.node), &value};
  for (; entry.node != kNoNode; entry.node = checker.document.next(entry.node), ++entry.index) {
    if (!checker.has_type(Expect::Text, entry)) { continue; }
    if (const auto key = checker.name(entry)) { keys.emplace_back(*key); }
  }
}

constexpr Field<HookTarget> kHookFields[] = {
    {{"name", Expect::Text, Use::Required}, read_name},
    {{"arguments", Expect::Mapping}, read_arguments},
    {{"timeout"}, read_hook_timeout},
    {{"retry", Expect::Mapping}, read_hook_retry},
    {{"onError", Expect::Text}, read_on_error},
    {{"reads", Expect::Sequence}, read_keys<&Hook::reads>},
    {{"exports", Expect::Sequence}, read_keys<&Hook::exports>},
};

/// Appends the hook, or reports that it is malformed. Returns whether it has an onError of its own.
bool read_hook(Checker& checker, const NodePath& value, std::vector<Hook>& hooks) {
  if (!checker.spend(kHookWork, value)) { return false; }
  const NodeKind kind = checker.document.kind(value.node);
  HookTarget target{hooks.emplace_back()};
  if (kind == NodeKind::Mapping) {
    checker.warn_of_extension(value, value.node, "a hook that is an object");
    read_object(checker, value, kHookFields, target);
  } else if (checker.has_type(Expect::Text, value,
                              kind == NodeKind::Null || kind == NodeKind::Sequence
                                  ? "write the name of a workflow"
                                  : "")) {
    target.hook.name = checker.name(value).value_or("");
  }
  if (target.hook.name.empty()) { hooks.pop_back(); }
  return target.has_on_error;
}

/// Calls `read` for each entry of a list, or for the value itself if it is not a list (M1).
template <class Read>
void read_hook_list(Checker& checker, const NodePath& value, const Read& read) {
  if (checker.document.kind(value.node) != NodeKind::Sequence) { return read(value); }
  NodePath entry{checker.document.first(value.node), &value};
  for (; entry.node != kNoNode; entry.node = checker.document.next(entry.node)) {
    read(entry);
    ++entry.index;
  }
}

// --- the hooks of a release or of a step ---------------------------------------------------------

struct HookLists {
  Hooks& hooks;
  std::vector<Hook> end_of_on_success{};
  std::vector<Hook> end_of_on_fail{};
};

template <std::vector<Hook> Hooks::*List>
void read_own_list(Checker& checker, const NodePath& value, HookLists& lists) {
  std::vector<Hook>& hooks = lists.hooks.*List;
  read_hook_list(checker, value, [&](const NodePath& entry) { read_hook(checker, entry, hooks); });
}

/// In onSuccess the errors of these hooks are ignored unless they have an onError of their own
/// (M2). Otherwise one that fails would turn the success into a failure, and run again in onFail.
void read_on_end(Checker& checker, const NodePath& value, HookLists& lists) {
  std::vector<Hook>& hooks = lists.end_of_on_fail;
  read_hook_list(checker, value, [&](const NodePath& entry) {
    const std::size_t before = hooks.size();
    const bool has_on_error = read_hook(checker, entry, hooks);
    if (hooks.size() == before || !checker.spend(kHookWork, entry)) { return; }
    Hook& on_success = lists.end_of_on_success.emplace_back(hooks.back());
    if (!has_on_error) { on_success.on_error = OnError::Ignore; }
  });
}

constexpr Field<HookLists> kHooksFields[] = {
    {{"onStart"}, read_own_list<&Hooks::on_start>},
    {{"onSuccess"}, read_own_list<&Hooks::on_success>},
    {{"onFail"}, read_own_list<&Hooks::on_fail>},
    {{"onEnd", Expect::Anything, Use::Extension}, read_on_end},
};

void append(std::vector<Hook>& hooks, std::vector<Hook>& more) {
  hooks.insert(hooks.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

}  // namespace

void read_retry(Checker& checker, const NodePath& value, RetryPolicy& retry) {
  read_object(checker, value, kRetryFields, retry);
}

void read_hooks(Checker& checker, const NodePath& value, Hooks& hooks) {
  HookLists lists{hooks};
  read_object(checker, value, kHooksFields, lists);
  append(hooks.on_success, lists.end_of_on_success);
  append(hooks.on_fail, lists.end_of_on_fail);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
