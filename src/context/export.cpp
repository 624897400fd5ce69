// SPDX-License-Identifier: Apache-2.0
// C4: what may be exported, and where each of its members is in its text.
#include "context/export.hpp"

#include "base/guard.hpp"
#include "document/not_json.hpp"
#include "promoflow/context.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

std::uint32_t offset_in(const std::string& text) { return static_cast<std::uint32_t>(text.size()); }

/// Finds the members of a text that is compact already.
void place_members(Export& exported) {
  const Document& document = exported.document;
  const auto quoted = [&document](NodeId string) { return document[string].text - 1; };
  for (NodeId key = document.first(document.roots[0]); key != kNoNode;) {
    const NodeId behind = document.next(document.next(key));
    const std::uint32_t begin = quoted(key);
    const std::uint32_t json = begin + document[key].size + 3;
    const std::uint32_t end = (behind != kNoNode ? quoted(behind) : document.verbatim_end) - 1;
    exported.members.push_back({key, begin, json, end});
    key = behind;
  }
}

/// Writes compact text, member by member.
void write_members(Export& exported, std::string& text) {
  const Document& document = exported.document;
  text += '{';
  for (NodeId key = document.first(document.roots[0]); key != kNoNode;) {
    const NodeId value = document.next(key);
    const std::uint32_t begin = offset_in(text);
    append_json(text, document, key);
    text += ':';
    const std::uint32_t json = offset_in(text);
    append_json(text, document, value);
    exported.members.push_back({key, begin, json, offset_in(text)});
    key = document.next(value);
    if (key != kNoNode) { text += ','; }
  }
  text += '}';
}

/// Reads what is not plain, or says what is wrong with it.
std::string read_any(std::string_view text, Document& document) {
  ReadOptions options{.format = TextFormat::Json, .limits = {}};
  options.limits.depth_max = kContextDepthMax;
  options.limits.name_bytes_max = kContextBytesMax;
  std::vector<Diagnostic> problems;
  read_document(text, options, document, problems, DuplicateKeys::LastWins);
  if (!problems.empty()) {
    const Diagnostic& problem = problems.front();
    if (problem.code == DiagnosticCode::LimitExceeded) { return "nested deeper than 64 levels"; }
    return describe_not_json(text, problem).text();
  }
  const NodeKind kind = document.kind(document.roots[0]);
  return kind == NodeKind::Mapping ? std::string() : describe_not_object(text, kind).text();
}

}  // namespace

bool is_no_export(std::string_view text) noexcept {
  constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
  text.remove_prefix(text.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0);
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string invalid_export(std::string_view reason) {
  return "exported an invalid promotion context: " + std::string(reason);
}

std::string read_export(std::string_view text, Export& exported) {
  if (text.size() > kContextBytesMax) { return "larger than 1 MiB"; }
  Document& document = exported.document;
  if (!read_plain_json(text, kContextDepthMax, document)) {
    if (std::string reason = read_any(text, document); !reason.empty()) { return reason; }
  }
  exported.members.reserve(document[document.roots[0]].size / 2);
  if (document.compact) {
    exported.text = std::make_shared<const std::string>(text);
    place_members(exported);
  } else {
    auto compact = std::make_shared<std::string>();
    write_members(exported, *compact);
    exported.text = std::move(compact);
  }
  return {};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail

namespace promoflow::inline PROMOFLOW_NAMESPACE {

Result<std::string> check_export(std::string_view text) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    if (detail::is_no_export(text)) { return std::string(); }
    detail::Export exported;
    return detail::read_export(text, exported);
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
