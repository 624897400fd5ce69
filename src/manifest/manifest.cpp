// SPDX-License-Identifier: Apache-2.0
// The entry points: read_manifest() and load_flow().
#include "promoflow/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/guard.hpp"
#include "base/position.hpp"
#include "base/suggest.hpp"
#include "document/scalar.hpp"
#include "manifest/check.hpp"

namespace promoflow {

namespace detail {

namespace {

/// Most kinds that are listed when no flow is found; more would not help.
constexpr std::size_t kKindsListedMax = 8;

/// Reads the documents of one text.
class ManifestReader {
 public:
  ManifestReader(std::string_view text, const ReadOptions& options)
      : text_(text), options_(options), report_(document_, options.limits.diagnostics_max) {}

  ManifestReport read() {
    std::vector<Diagnostic> problems;
    read_document(text_, options_, document_, problems);
    for (const Diagnostic& problem : problems) {
      incomplete_ = incomplete_ || problem.code != DiagnosticCode::DuplicateKey;
      broken_.push_back(problem.document);
    }
    report_.take(std::move(problems));
    for (std::size_t i = 0; i < document_.roots.size(); ++i) {
      report_.set_document(i);
      read_one(i);
    }
    if (!found_ && !incomplete_) { report_no_flow(); }
    out_.diagnostics = report_.finish(text_);
    return std::move(out_);
  }

 private:
  void read_one(std::size_t index);
  void read_without_kind(std::size_t index);
  void read_flow(std::size_t index);
  bool is_broken(std::size_t index) const;
  void report_no_flow();

  std::string_view text_;
  const ReadOptions& options_;
  Document document_;
  Reporter report_;
  ManifestReport out_;
  bool found_ = false;  ///< A flow was found, or a document that was reported as a malformed one.
  bool incomplete_ = false;  ///< The text could not be read to its end.
  std::vector<std::uint32_t>
      broken_;              ///< Documents that could not be read without problems, in order.
  std::size_t others_ = 0;  ///< Documents of other kinds.
  std::vector<std::string_view>
      kinds_;  ///< Their kinds without duplicates; at most one more than are listed.
};

/// Problems that are not listed may be in any later document.
bool ManifestReader::is_broken(std::size_t index) const {
  const auto document = static_cast<std::uint32_t>(index);
  return std::binary_search(broken_.begin(), broken_.end(), document) ||
         (document_.unlisted > 0 && (broken_.empty() || document >= broken_.back()));
}

void ManifestReader::read_one(std::size_t index) {
  const NodeId root = document_.roots[index];
  const NodeKind root_kind = document_.kind(root);
  if (root_kind == NodeKind::Null) {
    return;  // An empty document between two '---'.
  }
  if (root_kind != NodeKind::Mapping) {
    found_ = true;
    report_.add(
        root_kind == NodeKind::Sequence ? DiagnosticCode::WrongType : DiagnosticCode::Syntax,
        NodePath{root}, root,
        {fmt::format("a manifest must be a mapping, not {}", kind_word(root_kind)),
         "it begins with 'apiVersion: codefresh.io/v1beta1' and 'kind: PromotionFlow'"});
    return;
  }
  const NodeId kind = document_.find(root, "kind");
  if (kind == kNoNode || document_.kind(kind) == NodeKind::Null) {
    read_without_kind(index);
  } else if (document_.text(kind) == kKind) {
    read_flow(index);
  } else if (document_.kind(kind) != NodeKind::String) {
    found_ = true;
    report_.add(DiagnosticCode::WrongType, "/kind", kind,
                {fmt::format("'kind' must be a string, not {}", kind_word(document_.kind(kind))),
                 "write PromotionFlow"});
  } else {
    ++others_;
    const std::string_view text = document_.text(kind);
    if (kinds_.size() <= kKindsListedMax &&
        std::find(kinds_.begin(), kinds_.end(), text) == kinds_.end()) {
      kinds_.push_back(text);
    }
  }
}

/// If the rest looks like a flow, all of its problems are reported; otherwise only the missing
/// kind.
void ManifestReader::read_without_kind(std::size_t index) {
  const NodeId root = document_.roots[index];
  constexpr std::string_view kSigns[] = {"triggerEnvironment", "steps", "properties"};
  const NodeId spec = document_.find(root, "spec");
  for (const std::string_view sign : kSigns) {
    if (spec != kNoNode && document_.find(spec, sign) != kNoNode) {
      read_flow(index);
      return;
    }
  }
  found_ = true;
  report_.add(DiagnosticCode::MissingField, std::string(), root,
              {"the field 'kind' is missing", "write 'kind: PromotionFlow' if it is one"});
}

void ManifestReader::read_flow(std::size_t index) {
  found_ = true;
  Checker checker(document_, report_, options_.limits);
  std::optional<Flow> flow = check_flow(checker, document_.roots[index]);
  if (flow && !is_broken(index)) { out_.flows.push_back(*std::move(flow)); }
}

void ManifestReader::report_no_flow() {
  std::string found;
  Suggestions own(kKind);
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    own.offer(kinds_[i]);
    if (i < kKindsListedMax) {
      found += fmt::format("{}{}", i == 0 ? "" : ", ", quoted(kinds_[i]));
    } else if (i == kKindsListedMax) {
      found += ", ...";
    }
  }
  const std::string_view near = own.best();
  std::string message = text_.empty() ? "the text is empty" : "the text holds no PromotionFlow";
  if (!found.empty()) {
    message += fmt::format(", but {} of kind {}", others_ == 1 ? "a document" : "documents", found);
  }
  report_.add_at_start(
      DiagnosticCode::MissingField,
      {std::move(message),
       near.empty() ? "a flow begins with 'apiVersion: codefresh.io/v1beta1' and "
                      "'kind: PromotionFlow'"
                    : fmt::format("did you mean 'kind: {}' instead of '{}'?", kKind, near)});
}

}  // namespace

}  // namespace detail

Result<ManifestReport> read_manifest(std::string_view text, const ReadOptions& options) noexcept {
  return detail::guarded(
      [&]() -> Result<ManifestReport> { return detail::ManifestReader(text, options).read(); });
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

}  // namespace promoflow
