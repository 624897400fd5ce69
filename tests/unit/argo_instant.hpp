// SPDX-License-Identifier: Apache-2.0
/// @file
/// A cluster in memory whose workflows run as well.
#pragma once

#include <mutex>
#include <string>

#include "argo_support.hpp"

namespace promoflow::test {

/// A cluster whose workflows end as soon as they are created, as their templates' names say.
class InstantCluster {
 public:
  std::mutex mutex{};
  FakeCluster cluster{};

  HttpResponse answer(const HttpRequest& request) {
    const HttpResponse response = cluster.answer(request);
    if (request.method == "POST" && response.status == 201) { go_on(response.body); }
    if (request.method == "PATCH" && request.body.find("shutdown") != std::string::npos) {
      const std::string name = Json::parse(response.body)["metadata"]["name"];
      cluster.phase(name, "Failed", "Stopped with strategy 'Stop'");
    }
    return response;
  }

 private:
  void go_on(const std::string& body) {
    const Json object = Json::parse(body);
    const std::string name = object["metadata"]["name"];
    const std::string hook = object["spec"]["workflowTemplateRef"]["name"];
    if (hook == "endless") { return cluster.phase(name, "Running"); }
    if (hook.starts_with("fail")) { return cluster.phase(name, "Failed", hook + " is broken"); }
    const Json value = {{"name", "PROMOTION_CONTEXT"}, {"value", "{\"BY\":\"" + hook + "\"}"}};
    cluster.change(
        name, {{"status",
                {{"phase", "Succeeded"}, {"outputs", {{"parameters", Json::array({value})}}}}}});
  }
};

}  // namespace promoflow::test
