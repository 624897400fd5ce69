// SPDX-License-Identifier: Apache-2.0
// Reads properties by tables of fields, as scenarios are read.
#include "promoflow/properties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/guard.hpp"
#include "base/position.hpp"
#include "base/suggest.hpp"
#include "flow/flow_data.hpp"
#include "manifest/fields.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

constexpr std::string_view kPoints[] = {"release.onStart",       "release.onSuccess",
                                        "release.onFail",        "environment.onStart",
                                        "environment.onSuccess", "environment.onFail"};
constexpr std::string_view kEnvironmentStatuses[] = {
    "Pending", "Running", "Suspended", "Successful", "Failed", "Terminated", "Skipped"};
constexpr std::string_view kReleaseStatuses[] = {"Running",   "Suspended", "Terminating",
                                                 "Succeeded", "Failed",    "Terminated"};
constexpr std::size_t kWork = 8;  ///< See TextLimits::work_max.

/// What a pattern must be made of.
enum class Allowed : std::uint8_t { Anything, StatusesOnly };

class PropertiesReader {
 public:
  PropertiesReader(Checker& checker, const Flow& flow) : checker_(checker), flow_(flow) {}

  std::vector<Property> read(const Document& document);

 private:
  struct PatternFields;
  struct PropertyFields;

  std::vector<Pattern> read_patterns(const NodePath& value, Allowed allowed);
  Pattern read_pattern(const NodePath& value, Allowed allowed);
  void check_pattern(const NodePath& value, const PatternFields& fields, Allowed allowed);
  Property read_property(const NodePath& value);
  template <class Status, std::size_t N>
  std::vector<Status> read_statuses(const NodePath& value, const std::string_view (&words)[N]);
  void check_environment(const NodePath& name);
  void check_hook(const NodePath& name);
  void unknown(DiagnosticCode code, const NodePath& name, std::string_view kind,
               const Suggestions& near);
  void wrong(const NodePath& value, std::string message, std::string hint);

  Checker& checker_;
  const Flow& flow_;
  unsigned depth_ = 0;
};

/// A pattern while it is read, and where its fields are.
struct PropertiesReader::PatternFields {
  NodePath environment{};
  NodePath status{};
  NodePath release{};
  NodePath hook{};
  NodePath point{};
  NodePath promotion{};
  NodePath meanwhile{};
  NodePath events[4]{};
};

struct PropertiesReader::PropertyFields {
  NodePath name{};
  NodePath never{};
  NodePath before{};
  NodePath required{};
  NodePath after{};
  NodePath eventually{};
};

void PropertiesReader::wrong(const NodePath& value, std::string message, std::string hint) {
  checker_.report.add(DiagnosticCode::InvalidValue, value, value.node,
                      {std::move(message), std::move(hint)});
}

void PropertiesReader::unknown(DiagnosticCode code, const NodePath& name, std::string_view kind,
                               const Suggestions& near) {
  checker_.report.add(
      code, name, name.node,
      {fmt::format("the flow has no {} {}", kind, in_quotes(checker_.text(name))),
       near.best().empty() ? fmt::format("name a {} of the flow", kind) : near.hint()});
}

void PropertiesReader::check_environment(const NodePath& name) {
  const std::string_view given = checker_.text(name);
  if (flow_.find_environment(given)) { return; }
  Suggestions near(given);
  for (std::uint32_t e = 0; e < flow_.environment_count(); ++e) {
    near.offer(flow_.environment_name(EnvironmentId{e}));
  }
  unknown(DiagnosticCode::UnknownEnvironment, name, "environment", near);
}

void PropertiesReader::check_hook(const NodePath& name) {
  std::set<std::string_view> hooks;
  for (const Chains& chains : flow_.data().chains) {
    for (const auto& list : chains.of) {
      for (const Hook& hook : list) { hooks.insert(hook.name); }
    }
  }
  const std::string_view given = checker_.text(name);
  if (hooks.contains(given)) { return; }
  Suggestions near(given);
  for (const std::string_view hook : hooks) { near.offer(hook); }
  unknown(DiagnosticCode::UnknownHook, name, "hook", near);
}

/// A word, or a list of words.
template <class Status, std::size_t N>
std::vector<Status> PropertiesReader::read_statuses(const NodePath& value,
                                                    const std::string_view (&words)[N]) {
  std::vector<Status> statuses;
  const auto add = [&](const NodePath& word) {
    if (!checker_.has_type(Expect::Text, word)) { return; }
    if (const auto index = checker_.word(word, words)) {
      statuses.push_back(static_cast<Status>(*index + 1));
    }
  };
  if (checker_.document.kind(value.node) != NodeKind::Sequence) {
    add(value);
    return statuses;
  }
  NodePath entry{checker_.document.first(value.node), &value};
  if (entry.node == kNoNode) { wrong(value, "the list is empty", "name one status or more"); }
  for (; entry.node != kNoNode; entry.node = checker_.document.next(entry.node), ++entry.index) {
    add(entry);
  }
  return statuses;
}

std::vector<Pattern> PropertiesReader::read_patterns(const NodePath& value, Allowed allowed) {
  std::vector<Pattern> patterns;
  if (checker_.document.kind(value.node) != NodeKind::Sequence) {
    if (checker_.has_type(Expect::Mapping, value)) {
      patterns.push_back(read_pattern(value, allowed));
    }
    return patterns;
  }
  NodePath entry{checker_.document.first(value.node), &value};
  if (entry.node == kNoNode) { wrong(value, "the list is empty", "write one pattern or more"); }
  for (; entry.node != kNoNode; entry.node = checker_.document.next(entry.node), ++entry.index) {
    if (checker_.has_type(Expect::Mapping, entry) && checker_.spend(kWork, entry)) {
      patterns.push_back(read_pattern(entry, allowed));
    }
  }
  return patterns;
}

Pattern PropertiesReader::read_pattern(const NodePath& value, Allowed allowed) {
  constexpr Field<PatternFields> kFields[] = {
      {{"environment", Expect::Text},
       [](Checker&, const NodePath& at, PatternFields& to) { to.environment = at; }},
      {{"status"}, [](Checker&, const NodePath& at, PatternFields& to) { to.status = at; }},
      {{"release"}, [](Checker&, const NodePath& at, PatternFields& to) { to.release = at; }},
      {{"hook", Expect::Text},
       [](Checker&, const NodePath& at, PatternFields& to) { to.hook = at; }},
      {{"point", Expect::Text},
       [](Checker&, const NodePath& at, PatternFields& to) { to.point = at; }},
      {{"promotion", Expect::Text},
       [](Checker&, const NodePath& at, PatternFields& to) { to.promotion = at; }},
      {{"while"}, [](Checker&, const NodePath& at, PatternFields& to) { to.meanwhile = at; }},
      {{"issued"}, [](Checker&, const NodePath& at, PatternFields& to) { to.events[0] = at; }},
      {{"succeeded"}, [](Checker&, const NodePath& at, PatternFields& to) { to.events[1] = at; }},
      {{"failed"}, [](Checker&, const NodePath& at, PatternFields& to) { to.events[2] = at; }},
      {{"cancelled"}, [](Checker&, const NodePath& at, PatternFields& to) { to.events[3] = at; }},
  };
  PatternFields fields;
  read_object(checker_, value, kFields, fields);
  check_pattern(value, fields, allowed);
  Pattern pattern;
  const auto text_of = [&](const NodePath& name) {
    return name.key == kNoNode ? std::nullopt : std::optional(std::string(checker_.text(name)));
  };
  pattern.environment = text_of(fields.environment);
  pattern.hook = text_of(fields.hook);
  pattern.promotion = text_of(fields.promotion);
  if (fields.status.key != kNoNode) {
    pattern.status = read_statuses<EnvironmentStatus>(fields.status, kEnvironmentStatuses);
  }
  if (fields.release.key != kNoNode) {
    pattern.release = read_statuses<ReleaseStatus>(fields.release, kReleaseStatuses);
  }
  if (fields.point.key != kNoNode) {
    if (const auto index = checker_.word(fields.point, kPoints)) {
      pattern.point = static_cast<Point>(*index + 1);
    }
  }
  for (int i = 0; i < 4; ++i) {
    if (fields.events[i].key != kNoNode) {
      pattern.events.push_back(static_cast<CommandEvent>(i + 1));
    }
  }
  constexpr unsigned kDepthMax = 16;
  if (fields.meanwhile.key != kNoNode && depth_ < kDepthMax) {
    ++depth_;
    pattern.meanwhile = read_patterns(fields.meanwhile, Allowed::StatusesOnly);
    --depth_;
  }
  return pattern;
}

void PropertiesReader::check_pattern(const NodePath& value, const PatternFields& fields,
                                     Allowed allowed) {
  const auto given = [](const NodePath& field) { return field.key != kNoNode; };
  const int kinds = (given(fields.hook) ? 1 : 0) + (given(fields.promotion) ? 1 : 0) +
                    (given(fields.release) ? 1 : 0) + (given(fields.status) ? 1 : 0);
  if (kinds != 1) {
    wrong(value, "a pattern is of a hook, a promotion, the release or an environment's status",
          "write one of 'hook', 'promotion', 'release', or 'environment' with 'status'");
    return;
  }
  const bool is_status = given(fields.release) || given(fields.status);
  if (allowed == Allowed::StatusesOnly && !is_status) {
    wrong(value, "'while' takes a status only", "write 'release', or 'environment' with 'status'");
  }
  if (given(fields.status) && !given(fields.environment)) {
    wrong(value, "'status' is an environment's", "name the environment");
  }
  if (given(fields.environment) && (given(fields.promotion) || given(fields.release))) {
    wrong(fields.environment, "'environment' is of use with 'hook' or 'status' only", "remove it");
  }
  if (given(fields.point) && !given(fields.hook)) {
    wrong(fields.point, "'point' is of use with 'hook' only", "remove it, or name the hook");
  }
  if (given(fields.meanwhile) && !is_status) {
    wrong(fields.meanwhile, "'while' is of use with a status only",
          "remove it; an event has no duration");
  }
  for (const NodePath& event : fields.events) {
    if (!given(event)) { continue; }
    if (is_status) {
      wrong(event, "a status is not issued and does not fail", "remove it, or name a hook");
    }
    if (checker_.document.kind(event.node) != NodeKind::Bool || checker_.text(event) != "true") {
      wrong(event, "it must be true", "leave it out where it does not matter");
    }
  }
  if (given(fields.environment)) { check_environment(fields.environment); }
  if (given(fields.promotion)) { check_environment(fields.promotion); }
  if (given(fields.hook)) { check_hook(fields.hook); }
}

Property PropertiesReader::read_property(const NodePath& value) {
  constexpr Field<PropertyFields> kFields[] = {
      {{"name", Expect::Scalar, Use::Required},
       [](Checker&, const NodePath& at, PropertyFields& to) { to.name = at; }},
      {{"never"}, [](Checker&, const NodePath& at, PropertyFields& to) { to.never = at; }},
      {{"before"}, [](Checker&, const NodePath& at, PropertyFields& to) { to.before = at; }},
      {{"requires"}, [](Checker&, const NodePath& at, PropertyFields& to) { to.required = at; }},
      {{"after"}, [](Checker&, const NodePath& at, PropertyFields& to) { to.after = at; }},
      {{"eventually"},
       [](Checker&, const NodePath& at, PropertyFields& to) { to.eventually = at; }},
  };
  PropertyFields fields;
  read_object(checker_, value, kFields, fields);
  Property property;
  if (fields.name.key != kNoNode) { property.name = checker_.text(fields.name); }
  const auto given = [](const NodePath& field) { return field.key != kNoNode; };
  const bool never = given(fields.never);
  const bool before = given(fields.before) && given(fields.required);
  const bool after = given(fields.after) && given(fields.eventually);
  const int parts = (never ? 1 : 0) + (given(fields.before) ? 2 : 0) +
                    (given(fields.required) ? 4 : 0) + (given(fields.after) ? 8 : 0) +
                    (given(fields.eventually) ? 16 : 0);
  if (parts != 1 && parts != 6 && parts != 24) {
    wrong(value, "a property has 'never', or 'before' and 'requires', or 'after' and 'eventually'",
          "keep one of the three forms, whole");
    return property;
  }
  property.form = never ? PropertyForm::Never : before ? PropertyForm::Before : PropertyForm::After;
  property.first = read_patterns(never    ? fields.never
                                 : before ? fields.before
                                          : fields.after,
                                 Allowed::Anything);
  if (before || after) {
    property.second =
        read_patterns(before ? fields.required : fields.eventually, Allowed::Anything);
  }
  return property;
}

std::vector<Property> PropertiesReader::read(const Document& document) {
  std::vector<Property> properties;
  struct Root {
    NodePath list{};
  };
  constexpr Field<Root> kFields[] = {
      {{"properties", Expect::Sequence, Use::Required},
       [](Checker&, const NodePath& at, Root& to) { to.list = at; }},
  };
  const NodePath root{document.roots.empty() ? kNoNode : document.roots.front()};
  if (root.node == kNoNode || document.kind(root.node) != NodeKind::Mapping) {
    checker_.report.add_at_start(DiagnosticCode::WrongType,
                                 {"a properties file must be a mapping with the field 'properties'",
                                  "write properties: and a list below it"});
    return properties;
  }
  Root fields;
  read_object(checker_, root, kFields, fields);
  if (fields.list.key == kNoNode) { return properties; }
  NodePath list = fields.list;
  list.parent = &root;
  NodePath entry{document.first(list.node), &list};
  for (; entry.node != kNoNode; entry.node = document.next(entry.node), ++entry.index) {
    if (checker_.has_type(Expect::Mapping, entry) && checker_.spend(kWork, entry)) {
      properties.push_back(read_property(entry));
    }
  }
  return properties;
}

}  // namespace

}  // namespace detail

Result<PropertiesReport> read_properties(std::string_view text, const Flow& flow,
                                         const ReadOptions& options) noexcept {
  return detail::guarded([&]() -> Result<PropertiesReport> {
    detail::Document document;
    std::vector<Diagnostic> problems;
    detail::read_document(text, options, document, problems);
    detail::Reporter reporter(document, options.limits.diagnostics_max);
    reporter.take(std::move(problems));
    detail::Checker checker(document, reporter, options.limits);
    std::vector<Property> properties;
    if (reporter.errors() == 0) {
      properties = detail::PropertiesReader(checker, flow).read(document);
    }
    PropertiesReport report;
    if (reporter.errors() == 0) { report.properties = std::move(properties); }
    report.diagnostics = reporter.finish(text);
    return report;
  });
}

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::Holds: return "holds";
    case Verdict::Violated: return "violated";
    case Verdict::Undecided: return "undecided";
  }
  return "undecided";
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
