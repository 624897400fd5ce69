// SPDX-License-Identifier: Apache-2.0
// Texts that are meant to cost more than their size. Each grows in one direction.
#include <algorithm>
#include <string>
#include <string_view>

#include "hostile.hpp"

namespace promoflow::prove {

namespace {

std::string repeated(std::string_view begin, std::string_view part, std::string_view end,
                     std::size_t bytes) {
  std::string out(begin);
  out.reserve(bytes + part.size());
  while (out.size() + end.size() < bytes) { out += part; }
  out += end;
  return out;
}

/// Parts that differ by their number, which stands for each '#'.
std::string numbered(std::string_view begin, std::string_view part, std::string_view end,
                     std::size_t bytes) {
  std::string out(begin);
  out.reserve(bytes + 2 * part.size());
  for (std::size_t i = 0; out.size() + end.size() < bytes; ++i) {
    for (const char c : part) {
      if (c == '#') {
        out += std::to_string(i);
      } else {
        out += c;
      }
    }
  }
  out += end;
  return out;
}

template <std::size_t N>
struct Text {
  char data[N];
  constexpr Text(const char (&text)[N]) { std::copy_n(text, N, data); }  // NOLINT: a literal.
  constexpr std::string_view view() const { return {data, N - 1}; }
};

template <Text Begin, Text Part, Text End = "">
std::string repeat(std::size_t bytes) {
  return repeated(Begin.view(), Part.view(), End.view(), bytes);
}

template <Text Begin, Text Part, Text End = "">
std::string number(std::size_t bytes) {
  return numbered(Begin.view(), Part.view(), End.view(), bytes);
}

#define PROMOFLOW_HEAD                                                                    \
  "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: x}\nspec:\n  " \
  "triggerEnvironment: dev\n"
#define PROMOFLOW_JSON_HEAD                                                                 \
  R"({"apiVersion":"codefresh.io/v1beta1","kind":"PromotionFlow","metadata":{"name":"x"},)" \
  R"("spec":{"triggerEnvironment":"dev","steps":[)"

#define PROMOFLOW_TEMPLATE "---\napiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\n"
#define PROMOFLOW_KIND(kind) "---\napiVersion: codefresh.io/v1beta1\nkind: " kind "\n"

/// As many steps that share a list by an alias as the list has names: work that is the square of
/// the text, unless it is counted.
std::string shared_lists(std::string_view name, std::size_t bytes) {
  const std::size_t count = bytes / 44;
  std::string out = PROMOFLOW_HEAD "  steps:\n    - {environment: s, dependsOn: &d [";
  for (std::size_t i = 0; i < count; ++i) { out += std::string(name) + ","; }
  out += "dev]}\n";
  for (std::size_t i = 0; i < count; ++i) {
    out += "    - {environment: s" + std::to_string(i) + ", dependsOn: *d}\n";
  }
  return out;
}

std::string duplicates_by_alias(std::size_t bytes) { return shared_lists("dev", bytes); }
std::string unknown_by_alias(std::size_t bytes) { return shared_lists("nil", bytes); }

std::string hooks_by_alias(std::size_t bytes) {
  const std::size_t count = bytes / 64;
  std::string out = PROMOFLOW_HEAD "  steps:\n";
  out += "    - {environment: s, dependsOn: [dev], hooks: &h {onEnd: [";
  for (std::size_t i = 0; i < count; ++i) { out += "page,"; }
  out += "page]}}\n";
  for (std::size_t i = 0; i < count; ++i) {
    out += "    - {environment: s" + std::to_string(i) + ", dependsOn: [dev], hooks: *h}\n";
  }
  return out;
}

/// A workflow template that requires all the keys with which a release starts.
std::string initial_keys(std::size_t bytes) {
  const std::size_t count = bytes / 32;
  std::string keys;
  std::string parameters;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = "K" + std::to_string(i);
    keys += (i == 0 ? "" : ",") + key;
    parameters += (i == 0 ? "{name: " : ", {name: ") + key + "}";
  }
  return "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata:\n  name: x\n"
         "  annotations: {promoflow.dev/extensions: \"true\", promoflow.dev/initial-context: \"" +
         keys +
         "\"}\nspec:\n  triggerEnvironment: dev\n  hooks: {onStart: t}\n"
         "  steps: [{environment: e, dependsOn: [dev]}]\n" PROMOFLOW_TEMPLATE
         "metadata: {name: t}\nspec: {arguments: {parameters: [" +
         parameters + "]}}\n";
}

/// Long keys around many problems: each problem has a pointer with all of the keys.
std::string long_pointers(std::size_t bytes) {
  const std::size_t key = std::min<std::size_t>(bytes / 60, 60000);
  std::string out;
  for (int level = 0; level < 40; ++level) { out += "{\"" + std::string(key, 'k') + "\":"; }
  out += "{";
  while (out.size() < bytes) { out += R"("a":1,)"; }
  return out + R"("a":1})" + std::string(40, '}');
}

/// One cycle through all steps, whose names are long.
std::string long_cycle(std::size_t bytes) {
  const std::string tail(100, 'n');
  const std::size_t count = bytes / 260;
  std::string out = PROMOFLOW_HEAD "  steps:\n";
  for (std::size_t i = 0; i <= count; ++i) {
    out += "    - {environment: " + tail + std::to_string(i) + ", dependsOn: [" + tail +
           std::to_string(i == 0 ? count : i - 1) + "]}\n";
  }
  return out;
}

#define PROMOFLOW_RBAC(kind) "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: " kind "\n"

/// A flow whose hooks are t0, t1 and so on, and for each a text in which '#' is its number, and
/// '@' the next one.
std::string hooks_with(std::string_view each, std::size_t bytes) {
  const std::size_t count = std::max<std::size_t>(bytes / (each.size() + 8), 1);
  std::string hooks;
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    hooks += "t" + std::to_string(i) + ", ";
    for (const char c : each) {
      if (c == '#' || c == '@') {
        out += std::to_string(c == '#' ? i : (i + 1) % count);
      } else {
        out += c;
      }
    }
  }
  return PROMOFLOW_HEAD "  hooks: {onStart: [" + hooks +
         "t0]}\n  steps: [{environment: e, dependsOn: [dev]}]\n" + out;
}

template <Text Each>
std::string for_hooks(std::size_t bytes) {
  return hooks_with(Each.view(), bytes);
}

/// One role of many rules, and accounts that are bound to it.
std::string roles_of_accounts(std::size_t bytes) {
  std::string out = hooks_with(PROMOFLOW_TEMPLATE
                               "metadata: {name: t#}\nspec: {serviceAccountName: s#}\n"
                               PROMOFLOW_RBAC("RoleBinding")
                               "metadata: {name: b#}\nroleRef: {kind: Role, name: r}\n"
                               "subjects: [{kind: ServiceAccount, name: s#}]\n",
                               bytes / 2);
  out += PROMOFLOW_RBAC("Role") "metadata: {name: r}\nrules:\n";
  return repeated(out, "- {apiGroups: [''], resources: [pods], verbs: [list]}\n", "", bytes);
}

constexpr Shape kShapes[] = {
    {"line separators in a line", Reader::Yaml, repeat<"a: \"", "\xE2\x80\xA8", "\"\n">},
    {"next lines in a line", Reader::Yaml, repeat<"a: \"", "\xC2\x85", "\"\n">},
    {"one line separator, many lines", Reader::Yaml, repeat<"a: \"\xE2\x80\xA8\"\nb:\n", "- c\n">},
    {"empty documents", Reader::Yaml, repeat<"", "---\n">},
    {"documents without a kind", Reader::Yaml, repeat<"", "---\na: 1\n">},
    {"documents of another kind, each broken", Reader::Yaml,
     repeat<"", "---\nkind: Secret\na: !x {b: c, b: d}\n">},
    {"documents of another kind with broken syntax", Reader::Yaml,
     repeat<"", "---\nkind: Secret\na: b: c\n">},
    {"line feeds", Reader::Yaml, repeat<"a: b\n", "\n">},
    {"carriage returns", Reader::Yaml, repeat<"a: b\n", "\r">},
    {"blanks", Reader::Yaml, repeat<"a:", " ", "b\n">},
    {"comments", Reader::Yaml, repeat<"a: b\n", "# c\n">},
    {"one comment", Reader::Yaml, repeat<"a: b #", "c", "\n">},
    {"one plain text", Reader::Yaml, repeat<"a: ", "b", "\n">},
    {"one plain text of many lines", Reader::Yaml, repeat<"a: b\n", "\n c\n", "\n">},
    {"one plain text of many blank lines", Reader::Yaml, repeat<"a: b\n", "\n", " c\n">},
    {"one quoted text", Reader::Yaml, repeat<"a: \"", "\\x41", "\"\n">},
    {"one quoted text without an end", Reader::Yaml, repeat<"a: '", "b ", "">},
    {"one block text", Reader::Yaml, repeat<"a: |\n", " b\n", "">},
    {"one long key", Reader::Yaml, repeat<"? ", "k", "\n: 1\n">},
    {"one long anchor", Reader::Yaml, repeat<"a: &", "k", " b\n">},
    {"one long alias", Reader::Yaml, repeat<"a: *", "k", "\n">},
    {"one long tag", Reader::Yaml, repeat<"a: !<", "k", "> b\n">},
    {"many anchors", Reader::Yaml, number<"a:\n", "- &k# b\n">},
    {"one anchor, many times", Reader::Yaml, repeat<"a:\n", "- &k b\n">},
    {"many aliases", Reader::Yaml, repeat<"a: &k b\nc:\n", "- *k\n">},
    {"unknown aliases", Reader::Yaml, number<"a:\n", "- *k#\n">},
    {"unknown tags", Reader::Yaml, repeat<"a:\n", "- !k b\n">},
    {"tags without a text", Reader::Yaml, repeat<"a:\n", "- ! b\n">},
    {"open brackets", Reader::Yaml, repeat<"a: ", "[">},
    {"open braces", Reader::Yaml, repeat<"a: ", "{b: ">},
    {"list in a list in a list", Reader::Yaml, repeat<"a:\n", "- ">},
    {"key in a key in a key", Reader::Yaml, repeat<"", "? ">},
    {"deep values, again and again", Reader::Yaml,
     repeat<"a:\n",
            "- [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]]"
            "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n">},
    {"values too deep, again and again", Reader::Yaml,
     repeat<
         "a:\n",
         "- [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]"
         "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n">},
    {"lists as keys", Reader::Yaml, repeat<"", "? [a]\n: b\n">},
    {"short values", Reader::Yaml, repeat<"a: [", "0,", "0]\n">},
    {"keys", Reader::Yaml, number<"", "k#: 1\n">},
    {"one key, many times", Reader::Yaml, repeat<"", "k: 1\n">},
    {"JSON: long pointers", Reader::Json, long_pointers},
    {"unknown fields", Reader::Yaml, number<PROMOFLOW_HEAD, "  onEnd#: 1\n">},
    {"steps that are no mappings", Reader::Yaml, repeat<PROMOFLOW_HEAD "  steps:\n", "  - 1\n">},
    {"empty steps", Reader::Yaml, repeat<PROMOFLOW_HEAD "  steps:\n", "  - {}\n">},
    {"steps with extensions", Reader::Yaml,
     number<PROMOFLOW_HEAD "  steps:\n", "  - {environment: e#, dependsOn: [dev], soak: 1s}\n">},
    {"steps with one name", Reader::Yaml,
     repeat<PROMOFLOW_HEAD "  steps:\n", "  - {environment: e, dependsOn: [dev]}\n">},
    {"steps in a chain", Reader::Yaml,
     number<PROMOFLOW_HEAD "  steps:\n", "  - {environment: e#, dependsOn: [dev]}\n">},
    {"unknown environments", Reader::Yaml,
     number<PROMOFLOW_HEAD "  steps:\n  - environment: e\n    dependsOn:\n", "    - n#\n">},
    {"no trigger environment, many names", Reader::Yaml,
     number<"kind: PromotionFlow\nspec:\n  steps:\n  - environment: e\n    dependsOn:\n",
            "    - n#\n">},
    {"duplicates by alias", Reader::Yaml, duplicates_by_alias},
    {"unknown names by alias", Reader::Yaml, unknown_by_alias},
    {"hooks by alias", Reader::Yaml, hooks_by_alias},
    {"a long cycle", Reader::Yaml, long_cycle},
    {"keys that a release starts with", Reader::Yaml, initial_keys},
    {"one context key, many writers and readers", Reader::Yaml,
     number<PROMOFLOW_HEAD "  steps:\n",
            "  - {environment: e#, dependsOn: [dev], hooks: {onStart: {name: r, reads: [K]}, "
            "onSuccess: {name: w, exports: [K]}}}\n">},
    {"workflow templates", Reader::Yaml, number<"", PROMOFLOW_TEMPLATE "metadata: {name: t#}\n">},
    {"workflow templates of one name", Reader::Yaml,
     repeat<"", PROMOFLOW_TEMPLATE "metadata: {name: t}\n">},
    {"policies", Reader::Yaml,
     number<"", PROMOFLOW_KIND("PromotionPolicy") "metadata: {name: p#}\nspec: {priority: 1}\n">},
    {"a product with many flows", Reader::Yaml,
     number<PROMOFLOW_KIND("Product") "metadata: {name: p}\nspec:\n  promotionFlows:\n",
            "  - {name: f#, gitTriggerSelectors: [{key: gitRevision, values: ['*a#*b*']}]}\n">},
    {"templates that refer to the next one", Reader::Yaml,
     for_hooks<PROMOFLOW_TEMPLATE
               "metadata: {name: t#}\nspec: {templates: [{name: a, steps: [[{name: "
               "x, templateRef: {name: t@, template: a}}]]}]}\n">},
    {"accounts, and roles of all accounts", Reader::Yaml,
     for_hooks<PROMOFLOW_TEMPLATE
               "metadata: {name: t#, namespace: n#}\nspec: {serviceAccountName: "
               "s#}\n" PROMOFLOW_RBAC("ClusterRole") "metadata: {name: r#}\nrules: "
                                                     "[]\n" PROMOFLOW_RBAC(
                                                         "ClusterRoleBinding") "metadata: {name: "
                                                                               "b#}\nroleRef: "
                                                                               "{kind: "
                                                                               "ClusterRole, name: "
                                                                               "r#}\n"
                                                                               "subjects: [{kind: "
                                                                               "Group, name: "
                                                                               "'system:"
                                                                               "serviceaccounts'}]"
                                                                               "\n">},
    {"accounts and roles of one name", Reader::Yaml,
     for_hooks<PROMOFLOW_TEMPLATE
               "metadata: {name: t#, namespace: n#}\nspec: {serviceAccountName: "
               "s}\n" PROMOFLOW_RBAC("Role") "metadata: {name: r, namespace: n#}\nrules: "
                                             "[]\n" PROMOFLOW_RBAC(
                                                 "RoleBinding") "metadata: {name: b, namespace: "
                                                                "n@}\nroleRef: {kind: Role, name: "
                                                                "r}\n"
                                                                "subjects: [{kind: ServiceAccount, "
                                                                "name: s, namespace: n@}]\n">},
    {"accounts of one role with many rules", Reader::Yaml, roles_of_accounts},
    {"hooks", Reader::Yaml, repeat<PROMOFLOW_HEAD "  hooks:\n    onStart:\n", "    - a\n">},
    {"hooks with reserved arguments", Reader::Yaml,
     repeat<PROMOFLOW_HEAD "  hooks:\n    onEnd:\n",
            "    - {name: a, arguments: {RELEASE_ID: 1, ENVIRONMENT: 1}}\n">},
    {"outcomes", Reader::Yaml, number<"outcomes:\n", "- {hook: h#, fail: x, context: {a: 1}}\n">},
    {"properties", Reader::Yaml,
     number<"properties:\n", "- {name: p#, never: {promotion: production}}\n">},
    {"patterns of a property", Reader::Yaml,
     repeat<"properties:\n- name: p\n  never:\n", "  - {promotion: production}\n">},
    {"applications", Reader::Yaml, number<"applications:\n", "  e#: [a]\n">},
    {"applications of one environment", Reader::Yaml,
     number<"applications:\n  e:\n", "  - {name: a#, repoURL: b}\n">},
    {"programs", Reader::Yaml, number<"hooks:\n", "  h#: [a, b]\n">},
    {"bytes that are no UTF-8", Reader::Yaml, repeat<"a: b # ", "\xFF", "\n">},
    {"JSON: short values", Reader::Json, repeat<R"({"a":[)", "0,", "0]}">},
    {"JSON: blanks", Reader::Json, repeat<R"({"a":)", " ", "1}">},
    {"JSON: one text", Reader::Json, repeat<R"({"a":")", "\\n", R"("})">},
    {"JSON: one number", Reader::Json, repeat<R"({"a":)", "1", "}">},
    {"JSON: open brackets", Reader::Json, repeat<R"({"a":)", "[">},
    {"JSON: an error at the end", Reader::Json, repeat<R"({"a":[)", "\"text\",", "">},
    {"JSON: keys", Reader::Json, number<R"({"a":{)", R"("k#":1,)", R"("":1}})">},
    {"JSON: one key, many times", Reader::Json, repeat<R"({"a":{)", R"("k":1,)", R"("":1}})">},
    {"JSON: steps", Reader::Json,
     number<PROMOFLOW_JSON_HEAD, R"({"environment":"e#","dependsOn":["dev"]},)",
            R"({"environment":"e","dependsOn":["dev"]}]}})">},
    {"an export of keys", Reader::Export, number<"{", R"("k#":1,)", R"("":1})">},
    {"an export of one key", Reader::Export, repeat<"{", R"("k":1,)", R"("":1})">},
    {"an export of lists", Reader::Export, repeat<R"({"a":[)", "[],", "0]}">},
    {"an export of escapes", Reader::Export, repeat<R"({"a":")", "\\u0041", R"("})">},
    {"an export with an error at its end", Reader::Export, repeat<R"({"a":[)", "0,", "">},
    {"a snapshot of keys", Reader::Snapshot, number<"{", R"("k#":1,)", R"("":1})">},
    {"a snapshot of lists", Reader::Snapshot, repeat<R"({"environments":[)", "[],", "0]}">},
    {"a snapshot without an end", Reader::Snapshot, repeat<R"({"a":")", "x", "">},
    {"an event of keys", Reader::Event, number<"{", R"("k#":1,)", R"("":1})">},
    {"an event of lists", Reader::Event, repeat<R"({"event":[)", "[],", "0]}">},
    {"an event with a long message", Reader::Event,
     repeat<R"({"at":1,"event":"HookFailed","ticket":1,"message":")", "\\n", R"("})">},
    {"simulated: an invalid export", Reader::Simulation, repeat<"{", "x", "}">},
    {"simulated: an export of blanks", Reader::Simulation, repeat<"", " ">},
    {"simulated: an export with blanks", Reader::Simulation, repeat<"{", " ", "}">},
    {"built: duplicates", Reader::Builder, repeat<"", "dev,">},
    {"built: unknown names", Reader::Builder, number<"", "n#,">},
};

}  // namespace

std::span<const Shape> hostile_shapes() { return kShapes; }

}  // namespace promoflow::prove
