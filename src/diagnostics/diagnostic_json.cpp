// SPDX-License-Identifier: Apache-2.0
// Formats diagnostics for programs: JSON Lines and SARIF 2.1.0.
#include <fmt/format.h>

#include <algorithm>

#include "base/guard.hpp"
#include "base/json_string.hpp"
#include "diagnostics/diagnostic_text.hpp"

namespace promoflow {

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
    {DiagnosticCode::DeprecatedLayout,
     "The fields of spec are in spec.properties, an older layout."},
    {DiagnosticCode::DeprecatedField, "A field is deprecated upstream."},
    {DiagnosticCode::ExtensionField, "An upstream cluster would refuse this."},
    {DiagnosticCode::DuplicateDependency, "A dependency is listed twice."},
    {DiagnosticCode::RedundantDependency, "A dependency is implied by another one."},
    {DiagnosticCode::UnknownHook, "The flow has no such hook."},
    {DiagnosticCode::ReservedArgument, "A hook's own argument has the name of a default argument."},
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
  const bool warning = static_cast<std::int32_t>(rule.code) > 100;
  out += fmt::format(R"({{"id":"{}","shortDescription":{{"text":"{}"}},)"
                     R"("defaultConfiguration":{{"level":"{}"}}}})",
                     to_string(rule.code), rule.description, warning ? "warning" : "error");
}

void append_result(std::string& out, const Diagnostic& diagnostic, std::string_view uri) {
  const auto rule = std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& candidate) {
    return candidate.code == diagnostic.code;
  });
  std::string text = diagnostic.message;
  if (!diagnostic.hint.empty()) { text += fmt::format(" ({})", diagnostic.hint); }
  out += fmt::format(R"({{"ruleId":"{}","ruleIndex":{},"level":"{}","message":{{"text":)",
                     to_string(diagnostic.code), rule - std::begin(kRules),
                     to_string(diagnostic.severity));
  append_json_string(out, text);
  out += R"(},"locations":[{"physicalLocation":{"artifactLocation":{"uri":)";
  append_json_string(out, uri);
  out += '}';
  if (diagnostic.line > 0) {
    out += fmt::format(
        R"(,"region":{{"startLine":{},"startColumn":{},"endLine":{},"endColumn":{}}})",
        diagnostic.line, diagnostic.column, diagnostic.line, diagnostic.column + diagnostic.length);
  }
  out += '}';
  if (!diagnostic.pointer.empty()) {
    out += R"(,"logicalLocations":[{"fullyQualifiedName":)";
    append_json_string(out, diagnostic.pointer);
    out += "}]";
  }
  out += "}]}";
}

}  // namespace

void append_json_line(std::string& out, const Diagnostic& diagnostic, std::string_view file) {
  out += "{\"file\":";
  append_json_string(out, sanitized(file));  // File names need not be UTF-8, but JSON must.
  out += fmt::format(R"(,"document":{},"line":{},"column":{},"length":{},"severity":"{}")",
                     diagnostic.document, diagnostic.line, diagnostic.column, diagnostic.length,
                     to_string(diagnostic.severity));
  append_member(out, "code", to_string(diagnostic.code));
  append_member(out, "pointer", diagnostic.pointer);
  append_member(out, "message", diagnostic.message);
  append_member(out, "hint", diagnostic.hint);
  out += "}\n";
}

}  // namespace detail

Result<std::string> format_sarif(std::span<const SarifInput> inputs) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    std::string out =
        R"({"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0",)"
        R"("runs":[{"tool":{"driver":{"name":"promoflow","version":")" PROMOFLOW_VERSION
        R"(","rules":[)";
    for (const detail::Rule& rule : detail::kRules) {
      out += &rule == std::begin(detail::kRules) ? "" : ",";
      detail::append_rule(out, rule);
    }
    out += R"(]}},"columnKind":"unicodeCodePoints","results":[)";
    bool first = true;
    for (const SarifInput& input : inputs) {
      const std::string uri = detail::uri_of(input.file);
      for (const Diagnostic& diagnostic : input.diagnostics) {
        out += first ? "" : ",";
        first = false;
        detail::append_result(out, diagnostic, uri);
      }
    }
    out += "]}]}\n";
    return out;
  });
}

}  // namespace promoflow
