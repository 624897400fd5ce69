// SPDX-License-Identifier: Apache-2.0
// Configurations: a repository of 10,000 manifests, and a flow of 100,000 environments with hooks
// everywhere, of which each reads what others export (P6).
#include <cstdlib>
#include <string>
#include <vector>

#include "promoflow/configuration.hpp"
#include "suite.hpp"

namespace promoflow::bench {

namespace {

using Texts = std::vector<std::string>;

std::string number(std::size_t i) { return std::to_string(i); }

/// Of ten manifests five are templates, two flows, two products and one a policy.
Texts repository(std::size_t manifests) {
  const std::size_t tens = manifests / 10;
  const std::size_t hooks = 5 * tens;
  const auto hook = [&](std::size_t i) { return "hook-" + number(i % hooks); };
  Texts texts;
  for (std::size_t i = 0; i < hooks; ++i) {
    texts.push_back(
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata:\n  name: " + hook(i) +
        "\n  annotations: {codefresh.io/workflow-origin: promotion, promoflow.dev/exports: \"KEY_" +
        number(i) + "\"}\nspec:\n  arguments: {parameters: [{name: RELEASE_ID}, {name: KEY_" +
        number(i == 0 ? 0 : i - 1) +
        ", value: \"\"}]}\n  templates:\n    - name: main\n      inputs:\n        parameters:\n"
        "          - {name: MODE, value: simple}\n"
        "          - {name: TEXT, value: \"{{workflow.parameters.RELEASE_ID}}\"}\n"
        "      container: {image: \"example.org/hook:1.0\", command: [node, index.js]}\n"
        "      outputs:\n        parameters:\n          - name: PROMOTION_CONTEXT\n"
        "            globalName: PROMOTION_CONTEXT\n            valueFrom: {path: /tmp/c.json}\n");
  }
  for (std::size_t i = 0; i < 2 * tens; ++i) {
    texts.push_back(
        "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: flow-" +
        number(i) + "}\nspec:\n  triggerEnvironment: dev\n  steps:\n" +
        "    - environment: qa\n      dependsOn: [dev]\n      hooks: {onStart: " + hook(2 * i) +
        ", onFail: " + hook(2 * i + 1) + "}\n    - environment: staging\n      dependsOn: [qa]\n" +
        "      hooks: {onSuccess: [" + hook(2 * i + 1) + ", " + hook(2 * i + 2) +
        "]}\n    - environment: production\n      dependsOn: [staging]\n" +
        "      policy: {action: pr}\n  hooks: {onStart: " + hook(2 * i) + "}\n");
    texts.push_back("apiVersion: codefresh.io/v1beta1\nkind: Product\nmetadata: {name: product-" +
                    number(i) + "}\nspec:\n  promotionFlows:\n    - name: flow-" + number(i) +
                    "\n      gitTriggerSelectors: [{key: gitRevision, operator: In, values: "
                    "[main, \"release/*\"]}]\n");
  }
  for (std::size_t i = 0; i < tens; ++i) {
    texts.push_back(
        "apiVersion: codefresh.io/v1beta1\nkind: PromotionPolicy\nmetadata: {name: policy-" +
        number(i) + "}\nspec:\n  priority: " + number(i) + "\n  selector: {product: {names: " +
        "[product-" + number(i) + "]}}\n  policy: {action: pr, preAction: " + hook(i) + "}\n");
  }
  return texts;
}

/// Layers of a thousand environments, each with a hook that exports a key of its own and one that
/// reads the key of an environment of the layer before.
Texts hooks_everywhere(std::size_t environments) {
  constexpr std::size_t kLayer = 1000;
  std::string text =
      "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: large, annotations: "
      "{promoflow.dev/extensions: \"true\"}}\nspec:\n  triggerEnvironment: dev\n  hooks: {onFail: "
      "{name: tell, reads: [K0, K1]}}\n  steps:\n";
  for (std::size_t i = 0; i < environments; ++i) {
    text += "    - {environment: e" + number(i) + ", dependsOn: [";
    if (i < kLayer) {
      text += "dev";
    } else {
      text += "e" + number(i - kLayer) + ", e" + number(i - i % kLayer - kLayer + i * 7 % kLayer);
    }
    text += "], hooks: {onStart: {name: read, reads: [K" + number(i < kLayer ? i : i - kLayer) +
            "]}, onSuccess: {name: write, exports: [K" + number(i) + "]}, onFail: undo}}\n";
  }
  return {std::move(text)};
}

void check(const Texts& texts) {
  std::vector<DiagnosticSource> files;
  files.reserve(texts.size());
  for (const std::string& text : texts) { files.push_back({"file.yaml", text}); }
  ConfigurationOptions options;
  options.limits.each.work_max = options.limits.work_max;
  const auto report = read_configuration(files, options);
  if (!report || report->flows == 0) { std::abort(); }
}

/// The most memory at any moment, the texts included.
double memory(std::size_t manifests) {
  const std::size_t before = heap().bytes;
  reset_heap_peak();
  check(repository(manifests));
  constexpr double kMegabyte = 1e6;
  return static_cast<double>(heap().bytes_max - before) / kMegabyte;
}

}  // namespace

void add_configurations(Suite& suite) {
  constexpr double kMs = 1e6;
  const auto add = [&](const std::string& name, Texts texts) {
    suite.time(name, kMs, "ms", [texts = std::move(texts)] { check(texts); });
  };
  suite.count("configuration/memory, 1250 manifests", memory(1250), "MB");
  suite.count("configuration/memory, 10k manifests", memory(10'000), "MB");
  add("configuration/1250 manifests", repository(1250));
  add("configuration/10k manifests", repository(10'000));
  add("configuration/100k environments with hooks everywhere", hooks_everywhere(100'000));
}

}  // namespace promoflow::bench
