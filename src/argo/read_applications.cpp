// SPDX-License-Identifier: Apache-2.0
// The YAML file of applications: environments to lists of them.
#include <array>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "base/guard.hpp"
#include "base/suggest.hpp"
#include "document/settings_reader.hpp"
#include "promoflow/argo_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

using detail::NodeId;
using detail::NodeKind;

struct Member {
  std::string_view name;
  std::string ArgoApplication::*of;
};
constexpr std::array<Member, 6> kMembers{{{"name", &ArgoApplication::name},
                                          {"namespace", &ArgoApplication::name_space},
                                          {"repoURL", &ArgoApplication::repo_url},
                                          {"branch", &ArgoApplication::branch},
                                          {"path", &ArgoApplication::path},
                                          {"runtime", &ArgoApplication::runtime}}};

class ApplicationsReader : detail::SettingsReader {
 public:
  explicit ApplicationsReader(ArgoApplicationsReport& report)
      : SettingsReader(report.diagnostics), report_(report) {}

  void read(std::string_view text, const ReadOptions& options) {
    const NodeId root =
        read_mapping(text, options, "applications are one mapping with the key 'applications'",
                     "write 'applications: {ENVIRONMENT: [{name: NAME}]}'");
    if (root == detail::kNoNode) { return; }
    bool is_there = false;
    each_member(root, "", [&](NodeId key, NodeId value, const std::string& place) {
      const std::string_view name = document_.text(key);
      is_there = is_there || name == "applications";
      if (name == "applications") { return read_environments(value, place); }
      complain(key, DiagnosticCode::UnknownField, place,
               "unknown field '" + std::string(name) + "'", "environments are in 'applications'");
    });
    if (!is_there && !has_error()) {
      complain(root, DiagnosticCode::MissingField, "", "'applications' is missing");
    }
    if (!has_error()) { report_.applications = std::move(applications_); }
    finish();
  }

 private:
  void read_environments(NodeId node, const std::string& pointer) {
    if (document_.kind(node) != NodeKind::Mapping) {
      return complain(node, DiagnosticCode::WrongType, pointer,
                      "'applications' is a mapping of environments to lists of applications");
    }
    each_member(node, pointer, [&](NodeId key, NodeId value, const std::string& place) {
      read_list(value, place, applications_[std::string(document_.text(key))]);
    });
  }

  void read_list(NodeId node, const std::string& pointer, std::vector<ArgoApplication>& list) {
    if (document_.kind(node) != NodeKind::Sequence) {
      return complain(node, DiagnosticCode::WrongType, pointer,
                      "the applications of an environment are a list");
    }
    std::set<std::string, std::less<>> names;
    std::size_t index = 0;
    for (NodeId one = document_.first(node); one != detail::kNoNode; one = document_.next(one)) {
      std::string place = pointer;
      detail::append_pointer(place, index++);
      ArgoApplication application = read_one(one, place);
      if (!application.name.empty() && !names.insert(application.name).second) {
        complain(one, DiagnosticCode::InvalidValue, place,
                 "the environment has two applications of the name '" + application.name + "'",
                 "give one of them another name");
      }
      list.push_back(std::move(application));
    }
    if (list.empty()) {
      complain(node, DiagnosticCode::InvalidValue, pointer, "the environment has no applications",
               "leave it out if it is promoted as a whole");
    }
  }

  ArgoApplication read_one(NodeId node, const std::string& pointer) {
    ArgoApplication application;
    if (document_.kind(node) != NodeKind::Mapping) {
      read_text(node, pointer, application.name, "an application is a name, or a mapping");
    } else {
      each_member(node, pointer, [&](NodeId key, NodeId value, const std::string& place) {
        read_member(key, value, place, application);
      });
    }
    if (application.name.empty() && !has_error()) {
      complain(node, DiagnosticCode::MissingField, pointer, "the application has no name",
               "add 'name: NAME'");
    }
    return application;
  }

  void read_member(NodeId key, NodeId value, const std::string& place,
                   ArgoApplication& application) {
    const std::string_view name = document_.text(key);
    detail::Suggestions suggestions(name);
    for (const Member& member : kMembers) {
      if (member.name == name) {
        return read_text(value, place, application.*member.of,
                         "'" + std::string(name) + "' is a text");
      }
      suggestions.offer(member.name);
    }
    const std::string_view near = suggestions.best();
    complain(key, DiagnosticCode::UnknownField, place, "unknown field '" + std::string(name) + "'",
             near.empty() ? "use name, namespace, repoURL, branch, path or runtime"
                          : suggestions.hint());
  }

  void read_text(NodeId node, const std::string& pointer, std::string& text, std::string what) {
    const NodeKind kind = document_.kind(node);
    if (kind == NodeKind::Null || kind == NodeKind::Sequence || kind == NodeKind::Mapping) {
      return complain(node, DiagnosticCode::WrongType, pointer, std::move(what));
    }
    text = document_.text(node);
  }

  ArgoApplicationsReport& report_;
  ArgoApplications applications_{};
};

}  // namespace

Result<ArgoApplicationsReport> read_argo_applications(std::string_view text,
                                                      const ReadOptions& options) noexcept {
  return detail::guarded([&]() -> Result<ArgoApplicationsReport> {
    ArgoApplicationsReport report;
    ApplicationsReader(report).read(text, options);
    return report;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
