// SPDX-License-Identifier: Apache-2.0
#include "manifest/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <compare>

#include "base/json_string.hpp"
#include "base/limit_hint.hpp"
#include "base/name_text.hpp"
#include "base/position.hpp"
#include "base/suggest.hpp"
#include "document/cluster_reading.hpp"
#include "document/scalar.hpp"
#include "document/text_hints.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Largest number of children of a mapping in which a misspelt field is read as the field that is
/// meant: finding out whether that one is there, too, costs a pass over the mapping.
constexpr std::uint32_t kRecoveryMax = 256;

std::string_view word_for(Expect expect) {
  switch (expect) {
    case Expect::Anything: return "a value";
    case Expect::Text: return "a string";
    case Expect::Scalar: return "a single value";
    case Expect::Integer: return "a whole number";
    case Expect::Number: return "a number";
    case Expect::Sequence: return "a list";
    case Expect::Mapping: return "a mapping";
  }
  return "a value";
}

/// Quotation marks that word processors and chats put in the place of " and '.
bool has_typographic_quote(std::string_view name) {
  constexpr std::string_view kQuotes[] = {
      "\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9A", "\xE2\x80\x9C",
      "\xE2\x80\x9D", "\xE2\x80\x9E", "\xC2\xAB",     "\xC2\xBB",
  };
  return std::any_of(std::begin(kQuotes), std::end(kQuotes), [name](std::string_view quote) {
    return name.starts_with(quote) || name.ends_with(quote);
  });
}

bool is_scalar(NodeKind kind) { return kind != NodeKind::Sequence && kind != NodeKind::Mapping; }

bool is_of(Expect expect, NodeKind kind) {
  switch (expect) {
    case Expect::Anything: return true;
    case Expect::Text: return kind == NodeKind::String;
    case Expect::Scalar: return is_scalar(kind) && kind != NodeKind::Null;
    case Expect::Integer: return kind == NodeKind::Integer;
    case Expect::Number: return kind == NodeKind::Integer || kind == NodeKind::Float;
    case Expect::Sequence: return kind == NodeKind::Sequence;
    case Expect::Mapping: return kind == NodeKind::Mapping;
  }
  return false;
}

/// The hint for a value of this type where that one is expected.
std::string advice_for(Expect expect, NodeKind kind, std::string_view text) {
  if (text.size() > 60) { return {}; }
  if (expect == Expect::Text && is_scalar(kind) && kind != NodeKind::Null) {
    std::string quoted_text;
    append_json_string(quoted_text, text);
    return fmt::format("quote it: {}", quoted_text);
  }
  if (expect == Expect::Sequence && kind == NodeKind::String) {
    return fmt::format("write [{}]", text);
  }
  if ((expect == Expect::Integer || expect == Expect::Number) && kind == NodeKind::String &&
      is_of(expect, resolve_plain(text))) {
    return fmt::format("write it without quotes: {}", text);
  }
  return {};
}

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) {
    out += fmt::format("{}{}", out.empty() ? "" : ", ", word);
  }
  return out;
}

}  // namespace

std::string Checker::describe(const NodePath& value) const {
  if (value.key != kNoNode) { return in_quotes(document.text(value.key)); }
  if (value.parent != nullptr && value.parent->key != kNoNode) {
    return fmt::format("an entry of {}", in_quotes(document.text(value.parent->key)));
  }
  return "this";
}

bool Checker::spend(std::size_t work, const NodePath& value) {
  if (!report.spend(0, limits.work_max)) { return false; }  // It was reported.
  if (report.spend(work, limits.work_max)) { return true; }
  report.add(DiagnosticCode::LimitExceeded, value, value.node,
             {"too many hooks and options, aliases expanded",
              limit_hint("split the text", "TextLimits::work_max")});
  return false;
}

void Checker::wrong_type(Expect expect, const NodePath& value, std::string_view advice) {
  if (report.is_unread(value.node) || !report.reserve_or_count(value.node)) { return; }
  const NodeKind kind = document.kind(value.node);
  std::string hint(advice);
  const std::string separator =
      kind == NodeKind::String ? find_false_separator(text(value)) : std::string();
  if (!separator.empty()) {
    hint = fmt::format("write a space behind the ':': {} is no separator", separator);
  }
  if (hint.empty()) {
    hint = advice_for(expect, kind, is_scalar(kind) ? text(value) : std::string_view());
  }
  report.add(
      DiagnosticCode::WrongType, value, value.node,
      {fmt::format("{} must be {}, not {}", describe(value), word_for(expect), kind_word(kind)),
       std::move(hint)});
}

bool Checker::has_type(Expect expect, const NodePath& value, std::string_view advice) {
  if (is_of(expect, document.kind(value.node))) {
    if (expect == Expect::Text) { warn_of_reading(value, {}); }
    return true;
  }
  wrong_type(expect, value, advice);
  return false;
}

bool Checker::accepts(const FieldInfo& field, const NodePath& value) {
  if (field.use == Use::PassedOver) { return false; }
  if (document.kind(value.node) == NodeKind::Null) {
    if (field.use == Use::Required && !report.is_unread(value.node) &&
        report.reserve_or_count(value.key)) {
      report.add(DiagnosticCode::MissingField, *value.parent, value.key,
                 {fmt::format("the field '{}' has no value", field.name), "write one"});
    }
    return false;
  }
  if (field.use == Use::Deprecated) {
    report.warn(
        DiagnosticCode::DeprecatedField, value, value.key,
        {fmt::format("the field '{}' is deprecated", field.name), std::string(field.advice)});
  } else if (field.use == Use::Extension && !extensions_known &&
             report.reserve_or_count(value.key, Severity::Warning)) {
    warn_of_extension(value, value.key, fmt::format("the field '{}'", field.name));
  }
  return has_type(field.expect, value,
                  field.use == Use::Deprecated ? std::string_view() : field.advice);
}

void Checker::warn_of_extension(const NodePath& path, NodeId at, std::string_view what) {
  if (!extensions_known) {
    report.warn(DiagnosticCode::ExtensionField, path, at,
                {fmt::format("{} is an extension that an upstream cluster would refuse", what),
                 "the annotation promoflow.dev/extensions: \"true\" silences this"});
  }
}

/// A name that is not too long, and has characters that few names have. None: it is reported.
std::optional<std::string_view> Checker::unusual_name(const NodePath& value) {
  const std::string_view name = text(value);
  if (is_plain_name(name)) {
    warn_of_suspicious(value);
    return name;
  }
  NameProblem problem = explain_name(name);
  report.add(DiagnosticCode::InvalidName, value, value.node,
             {fmt::format("{} {}", describe(value), problem.message), std::move(problem.hint)});
  return std::nullopt;
}

std::optional<std::string_view> Checker::name(const NodePath& value) {
  const std::string_view name = text(value);
  if (name.size() > limits.name_bytes_max) {
    report.add(DiagnosticCode::LimitExceeded, value, value.node,
               {fmt::format("a name of more than {} bytes", limits.name_bytes_max),
                limit_hint("write a shorter name", "TextLimits::name_bytes_max")});
    return std::nullopt;
  }
  return is_ordinary_name(name) ? std::optional(name) : unusual_name(value);
}

std::optional<std::string_view> Checker::graph_name(const NodePath& value) {
  const std::optional<std::string_view> valid = name(value);
  if (valid || text(value).size() > limits.name_bytes_max) { return valid; }
  std::string visible = visible_name(text(value));
  if (visible.empty()) { return std::nullopt; }
  return visible_names_.emplace_back(std::move(visible));
}

/// A name that is valid, and yet hardly meant.
void Checker::warn_of_suspicious(const NodePath& value) {
  const std::string_view name = text(value);
  if (has_placeholder(name)) {
    report.warn(DiagnosticCode::SuspiciousName, value, value.node,
                {fmt::format("{} looks like a template that was not rendered", in_quotes(name)),
                 "render it first; of a Helm chart: `helm template`"});
  } else if (has_typographic_quote(name)) {
    report.warn(DiagnosticCode::SuspiciousName, value, value.node,
                {fmt::format("the quotation marks are part of the name {}", in_quotes(name)),
                 "write \" or ', or no quotes: YAML knows no others"});
  }
}

void Checker::warn_of_plain(const NodePath& value, std::string_view own) {
  const Node& node = document[value.node];
  const std::optional<std::string> reading = cluster_reading(text(value));
  if (!reading || *reading == own) { return; }
  report.warn(
      DiagnosticCode::ReadDifferently, value, value.node,
      {fmt::format("a cluster reads the unquoted {} as {}", in_quotes(text(value)), *reading),
       node.kind == NodeKind::String || own.empty() || text(value).size() > 60
           ? fmt::format("quote it: \"{}\"", text(value).substr(0, 60))
           : fmt::format("quote it, or write {}", *reading)});
}

void Checker::warn_of_number(const NodePath& value, std::string_view own) {
  if (!cluster_reads || document[value.node].plain == 0) { return; }
  const std::optional<std::string> reading = cluster_reading(text(value));
  const std::partial_ordering order = parse_float(reading.value_or("0")) <=> parse_float(own);
  if (!reading || order == std::partial_ordering::equivalent) { return; }
  report.warn(
      DiagnosticCode::ReadDifferently, value, value.node,
      {fmt::format("a cluster reads the unquoted {} as {}", in_quotes(text(value)), *reading),
       fmt::format("write {}, or {} if octal was meant", own, *reading)});
}

void Checker::report_merge(const NodePath& member) {
  report.warn(DiagnosticCode::ReadDifferently, member, member.key,
              {fmt::format("the '<<' behind {} brings it, too: a cluster takes that one",
                           in_quotes(document.text(member.key))),
               "write '<<' first: what follows it stands"});
}

void Checker::warn_of_key(const NodePath& member) {
  warn_of_merge(member);
  if (!cluster_reads || document[member.key].plain == 0) { return; }
  const std::string_view key = document.text(member.key);
  const std::optional<std::string> reading = cluster_key(key);
  if (!reading) { return; }
  report.warn(DiagnosticCode::ReadDifferently, member, member.key,
              {fmt::format("a cluster reads the unquoted key {} as {}", in_quotes(key), *reading),
               fmt::format("quote it: \"{}\"", key)});
}

void Checker::warn_of_values(const NodePath& value) {
  if (!cluster_reads) { return; }
  const NodeKind kind = document.kind(value.node);
  if (is_scalar(kind)) {
    std::string own;
    if (kind != NodeKind::String && find_not_json(document, value.node) == kNoNode) {
      append_json(own, document, value.node);
    }
    return warn_of_reading(value, own);
  }
  NodePath child{document.first(value.node), &value};
  for (std::size_t index = 0; child.node != kNoNode; ++index) {
    if (kind == NodeKind::Mapping) {
      child.key = child.node;
      child.node = document.next(child.key);
      warn_of_key(child);
    } else {
      child.index = index;
    }
    warn_of_values(child);
    child.node = document.next(child.node);
  }
}

std::optional<std::chrono::milliseconds> Checker::duration(const NodePath& value,
                                                           bool zero_allowed) {
  const NodeKind kind = document.kind(value.node);
  const bool zero =
      kind == NodeKind::Integer && text(value) == "0";  // The only duration without a unit.
  if (!zero && !has_type(Expect::Text, value,
                         kind == NodeKind::Integer || kind == NodeKind::Float
                             ? "write it with a unit, such as 10s, 5m or 1h30m"
                             : "")) {
    return std::nullopt;
  }
  const Result<std::chrono::milliseconds> parsed = parse_duration(text(value));
  if (!parsed) {
    report.add(DiagnosticCode::InvalidValue, value, value.node,
               {parsed.error().message, "durations are written like 1h30m, 45s or 500ms"});
    return std::nullopt;
  }
  if (parsed->count() < 0 || (parsed->count() == 0 && !zero_allowed)) {
    report.add(DiagnosticCode::InvalidValue, value, value.node,
               {fmt::format("{} must be {}", describe(value),
                            zero_allowed ? "0s or longer" : "longer than 0s"),
                zero_allowed ? "" : "leave it out if there is none"});
    return std::nullopt;
  }
  return *parsed;
}

std::optional<std::int64_t> Checker::integer(const NodePath& value, std::int64_t least,
                                             std::int64_t most) {
  const std::optional<std::int64_t> number = parse_integer(text(value));
  if (!number || *number < least || *number > most) {
    report.add(DiagnosticCode::InvalidValue, value, value.node,
               {fmt::format("{} must be from {} to {}, not {}", describe(value), least, most,
                            text(value).substr(0, 40)),
                {}});
    return std::nullopt;
  }
  warn_of_number(value, fmt::format("{}", *number));
  return number;
}

std::optional<std::size_t> Checker::word(const NodePath& value,
                                         std::span<const std::string_view> words) {
  const std::string_view given = text(value);
  const auto found = std::find(words.begin(), words.end(), given);
  if (found != words.end()) { return static_cast<std::size_t>(found - words.begin()); }
  if (!report.reserve_or_count(value.node)) { return std::nullopt; }
  Suggestions suggestions(given);
  for (const std::string_view candidate : words) { suggestions.offer(candidate); }
  report.add(DiagnosticCode::InvalidValue, value, value.node,
             {fmt::format("{} can't be {}", describe(value), in_quotes(given)),
              suggestions.best().empty() ? fmt::format("write one of: {}", listed(words))
                                         : suggestions.hint()});
  return std::nullopt;
}

std::size_t Checker::unknown_field(const NodePath& object, NodeId key,
                                   std::span<const FieldInfo* const> fields) {
  if (!report.reserve_or_count(key)) { return fields.size(); }
  const std::string_view name = document.text(key);
  const NodePath path{document.next(key), &object, key};
  const std::string visible = visible_name(name);
  Suggestions suggestions(visible);
  std::vector<std::string_view> known;
  std::string_view seen_as;  // The field that the name looks like, invisible characters apart.
  for (const FieldInfo* field : fields) {
    suggestions.offer(field->name);
    if (field->use != Use::PassedOver) { known.push_back(field->name); }
    if (field->name == visible && visible != name) { seen_as = field->name; }
  }
  std::string hint = fmt::format("known here: {}", listed(known));
  std::size_t meant = fields.size();
  if (name == "<<") {
    hint = "a merge key is written without quotes and without a tag";
  } else if (const std::string_view best = seen_as.empty() ? suggestions.best() : seen_as;
             !best.empty()) {
    hint = seen_as.empty()
               ? did_you_mean(name, best)
               : fmt::format("write '{}': the key {}", best, explain_name(name).message);
    if (document[object.node].size <= kRecoveryMax && document.find(object.node, best) == kNoNode) {
      meant = static_cast<std::size_t>(
          std::find_if(fields.begin(), fields.end(),
                       [&](const FieldInfo* field) { return field->name == best; }) -
          fields.begin());
    }
  }
  report.add(DiagnosticCode::UnknownField, path, key,
             {fmt::format("unknown field {}", in_quotes(name)), std::move(hint)});
  return meant;
}

void Checker::missing_field(const NodePath& object, std::string_view name) {
  if (report.is_unread(object.node) || !report.reserve_or_count(object.node)) { return; }
  report.add(DiagnosticCode::MissingField, object, object.node,
             {fmt::format("the field '{}' is missing", name), {}});
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
