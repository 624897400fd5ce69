// SPDX-License-Identifier: Apache-2.0
// Formats diagnostics for programs: JSON Lines and SARIF 2.1.0.
#include <fmt/format.h>

#include <algorithm>

#include "base/guard.hpp"
#include "base/json_string.hpp"
#include "base/utf8.hpp"
#include "diagnostics/diagnostic_text.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

void append_member(std::string& out, std::string_view key, std::string_view value) {
  out += fmt::format(",\"{}\":", key);
  append_json_string(out, value);
}

/// Description of a diagnostic code, shown by SARIF viewers.
struct Rule {
  DiagnosticCode code;
  std::string_view description;
};

constexpr Rule kRules[] = {
    {DiagnosticCode::Syntax, "The text is not well-formed YAML or JSON."},
    {DiagnosticCode::MissingField, "A required field is missing."},
    {DiagnosticCode::UnknownField, "A field has no meaning here."},
    {DiagnosticCode::WrongType, "A value is of the wrong type."},
    {DiagnosticCode::InvalidValue, "A value is out of its range or not among those allowed."},
    {DiagnosticCode::InvalidName, "A name is empty or has characters that names can't have."},
    {DiagnosticCode::DuplicateKey, "A mapping has a key twice."},
    {DiagnosticCode::DuplicateEnvironment, "An environment has two steps."},
    {DiagnosticCode::UnknownEnvironment, "No step defines an environment that is depended on."},
    {DiagnosticCode::SelfDependency, "An environment depends on itself."},
    {DiagnosticCode::DependencyCycle, "Environments depend on each other in a ring."},
    {DiagnosticCode::TriggerEnvironmentAsStep, "The trigger environment is never promoted to."},
    {DiagnosticCode::HookOnTriggerEnvironment, "The trigger environment carries no hooks."},
    {DiagnosticCode::LimitExceeded, "A limit on hostile input was passed."},
    {DiagnosticCode::DuplicateFlow, "A text has two flows of one name."},
    {DiagnosticCode::DeprecatedLayout,
     "The fields of spec are in spec.properties, an older layout."},
    {DiagnosticCode::DeprecatedField, "A field is deprecated upstream."},
    {DiagnosticCode::ExtensionField, "An upstream cluster would refuse this."},
    {DiagnosticCode::DuplicateDependency, "A dependency is listed twice."},
    {DiagnosticCode::RedundantDependency, "A dependency is implied by another one."},
    {DiagnosticCode::UnknownHook, "The flow has no such hook."},
    {DiagnosticCode::ReservedArgument, "A hook's own argument has the name of a default argument."},
    {DiagnosticCode::ReadDifferently,
     "Kubernetes' reader of YAML takes an unquoted word or a merge key in another way."},
    {DiagnosticCode::SuspiciousName,
     "A name looks like another one, or like what a template left behind."},
    {DiagnosticCode::DuplicateDocument, "Two documents have one kind, namespace and name."},
    {DiagnosticCode::AmbiguousName, "A name is there in two namespaces."},
    {DiagnosticCode::UnknownFlow, "A product names a flow that is not there."},
    {DiagnosticCode::UnknownPromotionTemplate,
     "A product names a promotion template that is not there."},
    {DiagnosticCode::UnknownWorkflow, "A hook or an action has no workflow template."},
    {DiagnosticCode::InvalidParameter, "Argo refuses the name of a parameter."},
    {DiagnosticCode::ContextKeyNeverWritten, "No hook before this one exports a key it requires."},
    {DiagnosticCode::FailureArgumentElsewhere, "Only onFail hooks are handed this argument."},
    {DiagnosticCode::PolicyNeverApplies, "A policy's selector names what is not there."},
    {DiagnosticCode::NotAPromotionWorkflow, "A hook's template is not marked as a promotion's."},
    {DiagnosticCode::MissingPermission, "A service account may not do what hooks do."},
    {DiagnosticCode::ExcessivePermission, "A service account may do more than hooks should."},
    {DiagnosticCode::ContextNotExported, "An output does not reach the promotion context."},
    {DiagnosticCode::ContextKeyMayBeMissing, "In some run a key is missing that is required."},
    {DiagnosticCode::ContextKeyRace, "Two hooks whose order is open export one key."},
    {DiagnosticCode::PolicyTie, "Two policies of one priority give the same field."},
    {DiagnosticCode::ContextKeyUnused, "A key of the context is read by nobody."},
};

/// A path as a URI reference: all but RFC 3986's unreserved characters and '/' is escaped.
std::string uri_of(std::string_view file) {
  constexpr std::string_view kPlain = "-._~/";
  std::string out;
  for (const char c : file) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

void append_rule(std::string& out, const Rule& rule) {
  const auto number = static_cast<std::int32_t>(rule.code);
  out += fmt::format(R"({{"id":"{}","shortDescription":{{"text":"{}"}},)"
                     R"("defaultConfiguration":{{"level":"{}"}}}})",
                     to_string(rule.code), rule.description,
                     number > 200   ? "note"
                     : number > 100 ? "warning"
                                    : "error");
}

void append_location(std::string& out, const SarifPlace& place) {
  out += R"({"physicalLocation":{"artifactLocation":{"uri":)";
  append_json_string(out, uri_of(place.file));
  out += '}';
  if (place.line > 0) {
    out +=
        fmt::format(R"(,"region":{{"startLine":{},"startColumn":{},"endLine":{},"endColumn":{}}})",
                    place.line, place.column, place.line, place.column + place.length);
  }
  out += '}';
}

void append_related(std::string& out, std::span<const SarifPlace> places) {
  if (places.empty()) { return; }
  out += R"(,"relatedLocations":[)";
  for (const SarifPlace& place : places) {
    out += &place == places.data() ? "" : ",";
    append_location(out, place);
    out += R"(,"message":{"text":)";
    append_json_string(out, place.message);
    out += "}}";
  }
  out += ']';
}

}  // namespace

void append_json_members(std::string& out, const Diagnostic& diagnostic, std::string_view file) {
  out += "{\"file\":";
  append_json_string(out, to_utf8(file));  // File names need not be UTF-8, but JSON must.
  out += fmt::format(R"(,"document":{},"line":{},"column":{},"length":{},"severity":"{}")",
                     diagnostic.document, diagnostic.line, diagnostic.column, diagnostic.length,
                     to_string(diagnostic.severity));
  append_member(out, "code", to_string(diagnostic.code));
  append_member(out, "pointer", diagnostic.pointer);
  append_member(out, "message", diagnostic.message);
  append_member(out, "hint", diagnostic.hint);
}

SarifLog::SarifLog()
    : out_(R"({"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0",)"
           R"("runs":[{"tool":{"driver":{"name":"promoflow","version":")" PROMOFLOW_VERSION
           R"(","rules":[)") {
  for (const Rule& rule : kRules) {
    out_ += &rule == std::begin(kRules) ? "" : ",";
    append_rule(out_, rule);
  }
  out_ += R"(]}},"columnKind":"unicodeCodePoints","results":[)";
}

void SarifLog::add(const SarifResult& result) {
  const Diagnostic& diagnostic = result.diagnostic;
  const auto rule = std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& candidate) {
    return candidate.code == diagnostic.code;
  });
  std::string text = diagnostic.message;
  if (!diagnostic.hint.empty()) { text += fmt::format(" ({})", diagnostic.hint); }
  out_ += first_ ? "" : ",";
  first_ = false;
  out_ += fmt::format(R"({{"ruleId":"{}","ruleIndex":{},"level":"{}","message":{{"text":)",
                      to_string(diagnostic.code), rule - std::begin(kRules),
                      to_string(diagnostic.severity));
  append_json_string(out_, text);
  out_ += R"(},"locations":[)";
  append_location(out_, {result.file, diagnostic.line, diagnostic.column, diagnostic.length, {}});
  if (!diagnostic.pointer.empty()) {
    out_ += R"(,"logicalLocations":[{"fullyQualifiedName":)";
    append_json_string(out_, diagnostic.pointer);
    out_ += "}]";
  }
  out_ += "}]";
  append_related(out_, result.related);
  out_ += '}';
}

std::string SarifLog::finish() {
  out_ += "]}]}\n";
  return std::move(out_);
}

}  // namespace detail

Result<std::string> format_sarif(std::span<const SarifInput> inputs) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    detail::SarifLog log;
    for (const SarifInput& input : inputs) {
      for (const Diagnostic& diagnostic : input.diagnostics) {
        log.add({diagnostic, input.file, {}});
      }
    }
    return log.finish();
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
