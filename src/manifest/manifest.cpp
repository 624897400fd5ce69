// SPDX-License-Identifier: Apache-2.0
// The entry points: read_manifest() and load_flow().
#include "promoflow/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/guard.hpp"
#include "base/name_text.hpp"
#include "base/position.hpp"
#include "base/suggest.hpp"
#include "document/scalar.hpp"
#include "manifest/reader.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

/// Most kinds that are listed when no flow is found; more would not help.
constexpr std::size_t kKindsListedMax = 8;

bool is_other_than_flow(const Document& document, NodeId object) {
  return is_passed_over(document, object, is_never_read);
}

/// Reads the flows of one text.
class FlowsReader final : public ManifestReader {
 public:
  FlowsReader(std::string_view text, const ReadOptions& options)
      : ManifestReader(text, options, is_never_read) {}

  ManifestReport read() {
    read_all(is_other_than_flow);
    if (!found_ && !incomplete_) { report_no_flow(); }
    out_.diagnostics = report_.finish(text_);
    return std::move(out_);
  }

 private:
  /// Where a flow's name stands.
  struct NamePlace {
    std::uint32_t line;
    std::size_t document;
  };

  void take_flow(const NodePath&, std::optional<Flow> flow) override {
    if (flow) { out_.flows.push_back(*std::move(flow)); }
  }
  void take_other(const NodePath& object, NodeId kind) override;
  void take_unknown(const NodePath& root) override;
  void check_flow_name(const NodePath& name) override;
  void report_no_flow();

  ManifestReport out_;
  std::size_t others_ = 0;  ///< Documents and items of other kinds.
  std::vector<std::string_view>
      kinds_;  ///< Their kinds without duplicates; at most one more than are listed.
  std::unordered_map<std::string_view, NamePlace> names_;  ///< Of all flows so far.
};

void FlowsReader::take_other(const NodePath&, NodeId kind) {
  ++others_;
  const std::string_view text = document_.text(kind);
  if (kinds_.size() <= kKindsListedMax &&
      std::find(kinds_.begin(), kinds_.end(), text) == kinds_.end()) {
    kinds_.push_back(text);
  }
}

void FlowsReader::take_unknown(const NodePath& root) {
  if (document_.kind(root.node) != NodeKind::Mapping) { return report_no_mapping(root); }
  found_ = true;
  if (report_.is_unread(root.node)) { return; }
  const NodeId items = document_.find(root.node, "items");
  const bool is_list = items != kNoNode && document_.kind(items) == NodeKind::Sequence;
  report_.add(
      DiagnosticCode::MissingField, root, root.node,
      {"the field 'kind' is missing", is_list ? "write 'kind: List' to have its items read"
                                              : "write 'kind: PromotionFlow' if it is one"});
}

/// Flows of one text are told apart by their names alone.
void FlowsReader::check_flow_name(const NodePath& name) {
  const auto [found, is_new] =
      names_.try_emplace(document_.text(name.node), NamePlace{document_[name.node].line, index_});
  if (is_new) { return; }
  report_.add(
      DiagnosticCode::DuplicateFlow, name, name.node,
      {fmt::format("there is another flow {}, at line {}", in_quotes(document_.text(name.node)),
                   found->second.line),
       "rename one of the two, or remove it: flows are chosen by their names, whatever their "
       "namespaces are"});
}

void FlowsReader::report_no_flow() {
  std::string found;
  Suggestions own(kKind);
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    own.offer(kinds_[i]);
    if (i < kKindsListedMax) {
      found += fmt::format("{}{}", i == 0 ? "" : ", ", in_quotes(kinds_[i]));
    } else if (i == kKindsListedMax) {
      found += ", ...";
    }
  }
  const std::string_view near = own.best();
  std::string message = text_.empty() ? "the text is empty" : "the text holds no PromotionFlow";
  if (!found.empty()) {
    message += fmt::format(", but {} of kind {}", others_ == 1 ? "a document" : "documents", found);
  }
  report_.add_at_start(DiagnosticCode::MissingField,
                       {std::move(message),
                        near.empty() ? "a flow begins with 'apiVersion: codefresh.io/v1beta1' and "
                                       "'kind: PromotionFlow'"
                                     : fmt::format("did you mean 'kind: {}' instead of '{}'?{}",
                                                   kKind, near, explain_difference(near, kKind))});
}

}  // namespace

}  // namespace detail

Result<ManifestReport> read_manifest(std::string_view text, const ReadOptions& options) noexcept {
  return detail::guarded(
      [&]() -> Result<ManifestReport> { return detail::FlowsReader(text, options).read(); });
}

Result<Flow> load_flow(std::string_view text, const ReadOptions& options) noexcept {
  return detail::guarded([&]() -> Result<Flow> {
    Result<ManifestReport> report = read_manifest(text, options);
    if (!report) { return tl::unexpected(std::move(report.error())); }
    if (has_errors(report->diagnostics)) {
      const auto first = std::find_if(
          report->diagnostics.begin(), report->diagnostics.end(),
          [](const Diagnostic& diagnostic) { return diagnostic.severity == Severity::Error; });
      Result<std::string> listed = format_diagnostics(
          report->diagnostics, {.file = "manifest", .text = text}, DiagnosticFormat::Text);
      if (!listed) { return tl::unexpected(std::move(listed.error())); }
      return tl::unexpected(Error{ErrorCode::InvalidManifest,
                                  fmt::format("{}:{}", first->line, first->column),
                                  *std::move(listed)});
    }
    if (report->flows.size() != 1) {
      return tl::unexpected(
          Error{ErrorCode::InvalidManifest,
                {},
                fmt::format("the text holds {} flows, and one is wanted; read_manifest() reads all",
                            report->flows.size())});
    }
    return std::move(report->flows.front());
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
