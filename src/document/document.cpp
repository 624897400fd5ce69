// SPDX-License-Identifier: Apache-2.0
#include "document/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/encoding.hpp"
#include "base/limit_hint.hpp"
#include "base/position.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

Diagnostic at_start(DiagnosticCode code, std::string message, std::string hint) {
  return {.code = code,
          .severity = Severity::Error,
          .document = 0,
          .pointer = {},
          .line = 1,
          .column = 1,
          .length = 1,
          .message = std::move(message),
          .hint = std::move(hint)};
}

/// Whether the text begins with `{` and then `"` or `}`. YAML's flow mappings rarely do.
bool begins_like_json(std::string_view text) {
  const std::size_t brace = text.find_first_not_of(kSpace);
  if (brace == std::string_view::npos || text[brace] != '{') { return false; }
  const std::size_t next = text.find_first_not_of(kSpace, brace + 1);
  return next != std::string_view::npos && (text[next] == '"' || text[next] == '}');
}

bool has_syntax_problem(const std::vector<Diagnostic>& problems, std::size_t from) {
  return std::any_of(
      problems.begin() + static_cast<std::ptrdiff_t>(from), problems.end(),
      [](const Diagnostic& problem) { return problem.code == DiagnosticCode::Syntax; });
}

/// Reads the text as JSON, or as YAML if it is not JSON. If it is neither, JSON's problem is
/// reported, but that of YAML if YAML's separator is in the text.
void read_either(std::string_view text, const ReadMode& mode, Document& document,
                 std::vector<Diagnostic>& problems) {
  const std::size_t before = problems.size();
  read_json(text, mode, document, problems);
  if (!has_syntax_problem(problems, before)) { return; }
  Document yaml;
  std::vector<Diagnostic> yaml_problems;
  read_yaml(text, mode, yaml, yaml_problems);
  if (!has_syntax_problem(yaml_problems, 0) || text.find("\n---") != std::string_view::npos) {
    document = std::move(yaml);
    problems.resize(before);
    problems.insert(problems.end(), std::make_move_iterator(yaml_problems.begin()),
                    std::make_move_iterator(yaml_problems.end()));
  }
}

}  // namespace

NodeId Document::find(NodeId mapping, std::string_view key) const noexcept {
  if (kind(mapping) != NodeKind::Mapping) { return kNoNode; }
  for (NodeId at = first(mapping); at != kNoNode; at = next(next(at))) {
    if (text(at) == key) { return next(at); }
  }
  return kNoNode;
}

void read_document(std::string_view text, const ReadOptions& options, Document& document,
                   std::vector<Diagnostic>& problems, DuplicateKeys duplicates,
                   JsonTexts json_texts, PassOver pass_over) {
  const TextLimits& limits = options.limits;
  if (text.size() > limits.text_bytes_max) {
    problems.push_back(at_start(DiagnosticCode::LimitExceeded,
                                fmt::format("{} bytes of text, and at most {} are read",
                                            text.size(), limits.text_bytes_max),
                                limit_hint("split the text", "TextLimits::text_bytes_max")));
    return;
  }
  if (const std::string_view format = find_binary_format(text); !format.empty()) {
    problems.push_back(at_start(DiagnosticCode::Syntax, fmt::format("this is {}, no text", format),
                                "write the text itself, unpacked"));
    return;
  }
  if (const WideEncoding* const encoding = find_wide_encoding(text)) {
    problems.push_back(at_start(DiagnosticCode::Syntax,
                                fmt::format("the text is {}, not UTF-8", encoding->name),
                                "save the text as UTF-8"));
    return;
  }
  text.remove_prefix(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  const ReadMode mode{limits, duplicates, json_texts, pass_over};
  switch (options.format) {
    case TextFormat::Yaml: read_yaml(text, mode, document, problems); break;
    case TextFormat::Json: read_json(text, mode, document, problems); break;
    case TextFormat::Auto:
      if (begins_like_json(text)) {
        read_either(text, mode, document, problems);
      } else {
        read_yaml(text, mode, document, problems);
      }
      break;
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
