// SPDX-License-Identifier: Apache-2.0
// What a hook exports reaches the next program. As a variable of its own name it could decide what
// that program does: PATH, GIT_EXTERNAL_DIFF, and more than any list has. So a context key is a
// variable under a prefix only, unless the host names it.
#include "process/variables.hpp"

#include <algorithm>

#include "base/json_string.hpp"
#include "flow/default_names.hpp"
#include "process/escaped.hpp"

extern char** environ;

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kContextPrefix = "PROMOFLOW_CONTEXT_";
constexpr std::string_view kApplicationPath = "PROMOFLOW_APP_PATH";
constexpr std::string_view kEllipsis = " ...";

/// Collects variables from arguments, and what does not become one.
class Collector {
 public:
  Collector(const std::vector<std::string>& exported, Variables& variables) noexcept
      : exported_(exported), variables_(variables) {}

  /// The place of an application in its repository: as PATH it would decide which programs run.
  void add_path(const std::string& value) { add("PATH", std::string(kApplicationPath), value); }
  /// An argument with its own name: a default, or one that the manifest gives the hook.
  void add_own(const std::string& name, const std::string& value) {
    if (!is_variable_name(name)) { return omit(name, "its name cannot be a variable's"); }
    if (decides_code(name)) { return omit(name, "it would decide which code runs"); }
    add(name, name, value);
  }
  void add_context_key(const std::string& key, const std::string& value) {
    std::string name(kContextPrefix);
    name += key;
    if (!is_variable_name(name)) { return omit(key, "its name cannot be a variable's"); }
    const bool is_added = add(key, name, value);
    if (!is_added) { return; }
    if (std::find(exported_.begin(), exported_.end(), key) != exported_.end()) {
      add_own(key, value);
    }
  }

  std::string take_list() { return std::move(list_); }
  std::string take_reasons() { return std::move(reasons_); }

 private:
  bool add(const std::string& argument, const std::string& name, const std::string& value) {
    const std::size_t size = name.size() + value.size() + 2;
    const char* problem = nullptr;
    if (value.find('\0') != std::string::npos) { problem = "its value has a NUL character"; }
    if (value.size() > kVariableBytesMax) { problem = "its value is longer than 64 KiB"; }
    if (problem == nullptr && total_ + size > kVariablesBytesMax) {
      problem = "all variables together would be larger than 512 KiB";
    }
    if (problem != nullptr) {
      variables_.erase(name);  // An inherited one of this name would mean something else.
      omit(argument, problem);
      return false;
    }
    total_ += size;
    variables_.insert_or_assign(name, value);
    return true;
  }

  void omit(const std::string& name, const char* problem) {
    std::string shown = name;
    const bool is_plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '\x7F';
    });
    if (!is_plain) {
      shown.clear();
      append_json_string(shown, name);
    }
    if (list_.size() + shown.size() + kEllipsis.size() >= kOmittedBytesMax) {
      if (!is_cut_) { list_ += kEllipsis, reasons_ += kEllipsis; }
      is_cut_ = true;
    }
    if (is_cut_) { return; }
    list_ += (list_.empty() ? "" : " ") + shown;
    reasons_ += (reasons_.empty() ? "" : "; ") + shown + " (" + problem + ")";
  }

  const std::vector<std::string>& exported_;
  Variables& variables_;
  std::size_t total_ = 0;
  std::string list_;
  std::string reasons_;
  bool is_cut_ = false;
};

struct AddFacts {
  Variables& variables;
  const ProgramPaths& paths;

  void operator()(const HookCall& call) const {
    variables["PROMOFLOW_HOOK"] = call.hook;
    variables["PROMOFLOW_POINT"] = to_string(call.point);
    variables["PROMOFLOW_ENVIRONMENT"] = call.environment.value_or("");
    variables["PROMOFLOW_ATTEMPT"] = std::to_string(call.attempt);
    variables["PROMOTION_CONTEXT_PATH"] = paths.context;
  }
  void operator()(const PromotionCall& call) const {
    const Policy& policy = call.policy;
    variables["PROMOFLOW_ENVIRONMENT"] = call.environment;
    variables["PROMOFLOW_ATTEMPT"] = std::to_string(call.attempt);
    variables["PROMOFLOW_ACTION"] = policy.action ? to_string(*policy.action) : "";
    variables["PROMOFLOW_PRE_ACTION"] = policy.pre_action.value_or("");
    variables["PROMOFLOW_POST_ACTION"] = policy.post_action.value_or("");
    if (!call.application.empty()) { variables["PROMOTION_CONTEXT_PATH"] = paths.context; }
  }
};

}  // namespace

Variables inherited_variables() {
  Variables variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) { continue; }
    const std::string_view name = text.substr(0, equals);
    if (name.substr(0, 10) == "PROMOFLOW_" || name == "PROMOTION_CONTEXT_PATH") { continue; }
    // The host may be a hook itself. Some programs are not handed these, and must not see its own.
    if (is_default_name(name)) { continue; }
    variables.emplace(name, text.substr(equals + 1));
  }
  return variables;
}

Environment environment_of(const Call& call, const ProgramPaths& paths,
                           const std::vector<std::string>& exported, Variables inherited) {
  Collector collector(exported, inherited);
  const auto& arguments = arguments_of(call);
  const auto* const hook = std::get_if<HookCall>(&call);
  const std::size_t keys =
      std::min(hook == nullptr ? 0 : hook->context_arguments, arguments.size());
  const std::size_t own = arguments.size() - keys;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& [name, value] = arguments[i];
    if (name == "PATH" && !application_of(call).empty()) {
      collector.add_path(value);
    } else if (i < own) {
      collector.add_own(name, value);
    } else {
      collector.add_context_key(name, value);
    }
  }
  std::visit(AddFacts{inherited, paths}, call);
  inherited["PROMOFLOW_TICKET"] = std::to_string(static_cast<std::uint64_t>(ticket_of(call)));
  inherited["PROMOFLOW_IDEMPOTENCY_KEY"] = idempotency_key(call);
  inherited["PROMOFLOW_ARGUMENTS_PATH"] = paths.arguments;
  inherited["PROMOFLOW_OMITTED"] = collector.take_list();
  inherited[std::string(kMarkName)] = paths.mark;
  Environment environment;
  environment.omitted = collector.take_reasons();
  environment.variables.reserve(inherited.size());
  for (const auto& [name, value] : inherited) {
    // For the system a value ends at a NUL character; the JSON file has all of it.
    environment.variables.push_back(name + '=' + value.substr(0, value.find('\0')));
  }
  return environment;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
