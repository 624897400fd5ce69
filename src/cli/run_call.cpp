// SPDX-License-Identifier: Apache-2.0
#include "cli/run_call.hpp"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "process/launch.hpp"

namespace promoflow::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVersion = "1";

/// The texts of a call: what writes them reads them.
struct Member {
  const char* name;
  std::string& (*of)(RunCall&);
};
constexpr Member kMembers[] = {
    {"hooks", [](RunCall& call) -> std::string& { return call.programs.directory; }},
    {"commands", [](RunCall& call) -> std::string& { return call.programs.commands_file; }},
    {"commandsText", [](RunCall& call) -> std::string& { return call.programs.commands_text; }},
    {"parallel", [](RunCall& call) -> std::string& { return call.parallel; }},
    {"grace", [](RunCall& call) -> std::string& { return call.grace; }},
    {"workDirectory", [](RunCall& call) -> std::string& { return call.work_directory; }},
    {"directory", [](RunCall& call) -> std::string& { return call.directory; }},
    {"executor", [](RunCall& call) -> std::string& { return call.argo.executor; }},
    {"namespace", [](RunCall& call) -> std::string& { return call.argo.name_space; }},
    {"kubeconfig", [](RunCall& call) -> std::string& { return call.argo.kubeconfig; }},
    {"kubeContext", [](RunCall& call) -> std::string& { return call.argo.context; }},
    {"argoServer", [](RunCall& call) -> std::string& { return call.argo.argo_server; }},
    {"applications", [](RunCall& call) -> std::string& { return call.argo.applications_file; }},
    {"applicationsText", [](RunCall& call) -> std::string& { return call.argo.applications_text; }},
    {"instance", [](RunCall& call) -> std::string& { return call.argo.instance; }},
};

}  // namespace

std::string to_text(const RunCall& call) {
  RunCall copy = call;
  Json json = {{"promoflowRun", kVersion}};
  for (const Member& member : kMembers) {
    if (!member.of(copy).empty()) { json[member.name] = member.of(copy); }
  }
  if (call.programs.no_promotions) { json["noPromotions"] = true; }
  if (!call.programs.export_variables.empty()) {
    json["exportVariables"] = call.programs.export_variables;
  }
  if (call.argo.lease) { json["lease"] = true; }
  if (!call.argo.cluster_templates.empty()) {
    json["clusterTemplates"] = call.argo.cluster_templates;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<RunCall> read_run_call(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("promoflowRun", Json()) != kVersion) { return std::nullopt; }
  RunCall call;
  for (const Member& member : kMembers) {
    const auto found = json.find(member.name);
    if (found != json.end() && found->is_string()) { member.of(call) = found->get<std::string>(); }
  }
  call.argo.lease = json.value("lease", Json()) == true;
  call.programs.no_promotions = json.value("noPromotions", Json()) == true;
  const auto read_list = [&](const char* name, std::vector<std::string>& list) {
    for (const Json& key : json.value(name, Json::array())) {
      if (key.is_string()) { list.push_back(key.get<std::string>()); }
    }
  };
  read_list("exportVariables", call.programs.export_variables);
  read_list("clusterTemplates", call.argo.cluster_templates);
  return call;
}

std::string log_of(const StoreStart& start, Ticket ticket) {
  const std::optional<RunCall> call = read_run_call(start.run);
  if (!call || call->work_directory.empty()) { return {}; }
  std::string path = detail::log_path(call->work_directory, start.info.id, ticket);
  struct stat found {};
  return lstat(path.c_str(), &found) == 0 ? path : std::string();
}

}  // namespace promoflow::cli
