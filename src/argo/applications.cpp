// SPDX-License-Identifier: Apache-2.0
#include "argo/applications.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "argo/json_members.hpp"
#include "base/parse_json.hpp"
#include "flow/default_names.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::string_view kSeparator = ", ";

void put(Arguments& arguments, std::string_view name, std::string value) {
  const auto found = std::find_if(arguments.begin(), arguments.end(),
                                  [&](const auto& argument) { return argument.first == name; });
  if (found != arguments.end()) {
    found->second = std::move(value);
  } else {
    arguments.emplace_back(name, std::move(value));
  }
}

/// What stands between the number of applications and their names.
std::string beginning(std::size_t failed, std::size_t count) {
  return std::to_string(failed) + " of " + std::to_string(count) + " applications failed (";
}

}  // namespace

std::optional<std::string> problem_of(const ArgoApplications& applications) {
  for (const auto& [environment, list] : applications) {
    std::set<std::string_view> names;
    for (const ArgoApplication& application : list) {
      if (application.name.empty()) {
        return "an application of environment '" + environment + "' has no name";
      }
      if (!names.insert(application.name).second) {
        return "environment '" + environment + "' has two applications of the name '" +
               application.name + "'";
      }
    }
  }
  return std::nullopt;
}

const std::vector<ArgoApplication>* applications_of(const ArgoApplications& applications,
                                                    const std::string& environment) {
  const auto found = applications.find(environment);
  return found == applications.end() || found->second.empty() ? nullptr : &found->second;
}

void add_application(const ArgoApplication& application, Arguments& arguments) {
  put(arguments, "APP_NAMESPACE", application.name_space);
  put(arguments, "APP_NAME", application.name);
  put(arguments, "REPO_URL", application.repo_url);
  put(arguments, "BRANCH", application.branch);
  put(arguments, "PATH", application.path);
  put(arguments, "RUNTIME", application.runtime);
}

void add_commit(std::string_view said, Arguments& arguments) {
  const auto object = parse_json(said);
  for (const char* const name : {"COMMIT_SHA", "COMMIT_AUTHOR", "COMMIT_MESSAGE", "COMMIT_DATE"}) {
    if (member(object, name).is_string()) { put(arguments, name, text_of(object, name)); }
  }
}

std::string failure_message(const std::vector<ApplicationFailure>& failures, std::size_t count) {
  std::string text = beginning(failures.size(), count);
  for (const ApplicationFailure& failure : failures) {
    if (&failure != &failures.front()) { text += kSeparator; }
    text += failure.name;
  }
  text += ')';
  for (const ApplicationFailure& failure : failures) {
    text += (&failure == &failures.front() ? ": " : "; ") + failure.name + ": " + failure.message;
  }
  return text;
}

std::vector<std::string> failed_applications(std::string_view message,
                                             const std::vector<ArgoApplication>& applications) {
  std::vector<std::string> names;
  for (std::size_t failed = 1; failed <= applications.size(); ++failed) {
    const std::string begin = beginning(failed, applications.size());
    if (!message.starts_with(begin)) { continue; }
    message.remove_prefix(begin.size());
    while (names.size() < failed) {
      // A name may begin with another one: the longest that fits is meant.
      const std::string_view end = names.size() + 1 == failed ? std::string_view(")") : kSeparator;
      const ArgoApplication* found = nullptr;
      for (const ArgoApplication& one : applications) {
        const bool fits =
            message.starts_with(one.name) && message.substr(one.name.size()).starts_with(end);
        if (fits && (found == nullptr || one.name.size() > found->name.size())) { found = &one; }
      }
      if (found == nullptr) { break; }  // It was cut there.
      names.push_back(found->name);
      message.remove_prefix(found->name.size() + end.size());
    }
    break;
  }
  return names;
}

void name_applications(const ArgoApplications& applications, Arguments& arguments) {
  const auto argument = std::find_if(arguments.begin(), arguments.end(),
                                     [](const auto& one) { return one.first == kFailureNames[0]; });
  if (applications.empty() || argument == arguments.end()) { return; }
  OrderedJson entries = parse_json<OrderedJson>(argument->second);
  if (!entries.is_array()) { return; }
  bool is_changed = false;
  for (OrderedJson& entry : entries) {
    const auto* const list = applications_of(applications, entry.value("Name", std::string()));
    if (list == nullptr) { continue; }
    const auto names = failed_applications(entry.value("Error-message", std::string()), *list);
    if (names.empty()) { continue; }
    entry["Applications"] = names;
    is_changed = true;
  }
  if (is_changed) {
    argument->second = entries.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
