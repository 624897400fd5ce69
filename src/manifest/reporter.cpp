// SPDX-License-Identifier: Apache-2.0
#include "manifest/reporter.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/position.hpp"
#include "base/printable.hpp"
#include "diagnostics/further_problems.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Placeholder for the length of the token at the position; finish() measures it.
constexpr std::uint32_t kMeasure = 0;
/// Longest part of a token that is measured, in bytes.
constexpr std::size_t kTokenMax = 4096;
/// Bytes of the texts that are kept. A pointer may have a long key for each level, so a bound on
/// the number of diagnostics alone would not bound the memory.
constexpr std::size_t kBytesMax = std::size_t{4} << 20;

std::size_t bytes_of(const Diagnostic& diagnostic) {
  return diagnostic.pointer.size() + diagnostic.message.size() + diagnostic.hint.size();
}

auto order_of(const Diagnostic& diagnostic) {
  return std::tuple(diagnostic.document, diagnostic.line, diagnostic.column);
}

void sort_by_place(std::vector<Diagnostic>& diagnostics) {
  std::stable_sort(
      diagnostics.begin(), diagnostics.end(),
      [](const Diagnostic& a, const Diagnostic& b) { return order_of(a) < order_of(b); });
}

/// Length in bytes of a quoted token; 1, the quote alone, if it does not end on its line.
std::size_t quoted_length(std::string_view line) {
  const char quote = line.front();
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '\\' && quote == '"') {
      ++i;
    } else if (line[i] == quote) {
      if (quote == '\'' && line.substr(i + 1).starts_with('\'')) {
        ++i;  // YAML's '' within single quotes.
      } else {
        return i + 1;
      }
    }
  }
  return 1;
}

/// Length in bytes of a plain word: up to a comment, a ':' that ends a key, a bracket, or the end
/// of the line.
std::size_t plain_length(std::string_view line) {
  std::size_t i = 0;
  for (; i < line.size(); ++i) {
    const char next = i + 1 < line.size() ? line[i + 1] : ' ';
    if ((line[i] == ':' && (next == ' ' || next == '\t')) || (line[i] == ' ' && next == '#') ||
        std::string_view(",[]{}").find(line[i]) != std::string_view::npos) {
      break;
    }
  }
  while (i > 1 && (line[i - 1] == ' ' || line[i - 1] == '\t')) { --i; }
  return std::max<std::size_t>(i, 1);
}

/// Length in characters of the token at the beginning of the line.
std::uint32_t token_length(std::string_view line) {
  if (line.empty()) { return 1; }
  std::size_t bytes = 1;
  if (line.front() == '"' || line.front() == '\'') {
    bytes = quoted_length(line);
  } else if (line.front() == '&' || line.front() == '*' || line.front() == '!') {
    bytes = std::min(line.find_first_of(" \t,[]{}"), line.size());
  } else if (std::string_view("[]{}|>-").find(line.front()) == std::string_view::npos ||
             (line.front() == '-' && line.size() > 1 && line[1] != ' ')) {
    bytes = plain_length(line);
  }
  return static_cast<std::uint32_t>(
      std::clamp<std::size_t>(count_code_points(line.substr(0, bytes)), 1, 0xFFFF));
}

}  // namespace

std::uint32_t token_length_at(TextWalker& walker, Position position) {
  const std::string_view rest = walker.seek(position);
  return token_length(rest.substr(0, line_length(rest.substr(0, kTokenMax))));
}

void Reporter::take(std::vector<Diagnostic> problems) {
  for (Diagnostic& problem : problems) {
    if (problem.code == DiagnosticCode::Syntax || problem.code == DiagnosticCode::LimitExceeded) {
      unread_.push_back(order_of(problem));
    }
    keep(std::move(problem));
  }
  std::sort(unread_.begin(), unread_.end());
  count_unlisted(document_.unlisted, Severity::Error);
}

bool Reporter::is_unread(NodeId at) const noexcept {
  const Node& node = document_[at];
  const bool is_empty =
      node.kind == NodeKind::Null || (node.kind == NodeKind::Mapping && node.size == 0);
  return is_empty && std::binary_search(unread_.begin(), unread_.end(),
                                        std::tuple(index_, node.line, std::uint32_t{node.column}));
}

void Reporter::count_unlisted(std::size_t problems, Severity severity) {
  dropped_ += problems;
  if (severity == Severity::Error) {
    dropped_errors_ += problems;
    errors_ += problems;
  }
}

bool Reporter::spend(std::size_t work, std::size_t work_max) noexcept {
  work_ += work;
  return work_ <= work_max;
}

void Reporter::keep(Diagnostic diagnostic) {
  errors_ += diagnostic.severity == Severity::Error ? 1U : 0U;
  // A name that is quoted may have what cannot be seen.
  diagnostic.message = printable(diagnostic.message);
  diagnostic.hint = printable(diagnostic.hint);
  kept_bytes_ += bytes_of(diagnostic);
  kept_.push_back(std::move(diagnostic));
  // Sorting only when twice as many are kept as are wanted makes its cost per diagnostic constant.
  if (kept_.size() / 2 > diagnostics_max_ + 16 || kept_bytes_ / 2 > kBytesMax) { drop_excess(); }
}

/// Drops what matters less: a thousand warnings must not hide an error.
void Reporter::drop_excess() {
  std::stable_sort(kept_.begin(), kept_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return rank_of(a) < rank_of(b);
  });
  while (kept_.size() > diagnostics_max_ || (kept_.size() > 1 && kept_bytes_ > kBytesMax)) {
    kept_bytes_ -= bytes_of(kept_.back());
    dropped_errors_ += kept_.back().severity == Severity::Error ? 1U : 0U;
    ++dropped_;
    kept_.pop_back();
  }
  full_ = kept_.empty() ? Rank{} : rank_of(kept_.back());
}

bool Reporter::reserve_or_count(NodeId at, Severity severity) {
  const Node& node = document_[at];
  if (!full_ || Rank(severity, index_, node.line, std::uint32_t{node.column}) < *full_) {
    return true;
  }
  count_unlisted(1, severity);
  return false;
}

void Reporter::add(DiagnosticCode code, std::string pointer, NodeId at, DiagnosticText text,
                   Severity severity) {
  if (!reserve_or_count(at, severity)) { return; }
  const Node& node = document_[at];
  const bool scalar = node.kind != NodeKind::Mapping && node.kind != NodeKind::Sequence;
  keep({.code = code,
        .severity = severity,
        .document = index_,
        .pointer = std::move(pointer),
        .line = node.line,
        .column = node.column,
        .length = scalar ? kMeasure : 1,
        .message = std::move(text.message),
        .hint = std::move(text.hint)});
}

void Reporter::add(DiagnosticCode code, const NodePath& path, NodeId at, DiagnosticText text) {
  if (reserve_or_count(at)) { add(code, pointer(path), at, std::move(text)); }
}

void Reporter::warn(DiagnosticCode code, const NodePath& path, NodeId at, DiagnosticText text) {
  if (reserve_or_count(at, Severity::Warning)) {
    add(code, pointer(path), at, std::move(text), Severity::Warning);
  }
}

void Reporter::add_at_start(DiagnosticCode code, DiagnosticText text) {
  keep({.code = code,
        .severity = Severity::Error,
        .document = 0,
        .pointer = {},
        .line = 1,
        .column = 1,
        .length = 1,
        .message = std::move(text.message),
        .hint = std::move(text.hint)});
}

std::string Reporter::pointer(const NodePath& path) const {
  std::string out = path.parent == nullptr ? std::string() : pointer(*path.parent);
  if (path.key != kNoNode) {
    append_pointer(out, document_.text(path.key));
  } else if (path.parent != nullptr) {
    append_pointer(out, path.index);
  }
  return out;
}

std::vector<Diagnostic> Reporter::finish(std::string_view text) {
  if (dropped_ > 0 || kept_.size() > diagnostics_max_ || kept_bytes_ > kBytesMax) { drop_excess(); }
  sort_by_place(kept_);
  TextWalker walker(text);  // Diagnostics are sorted, so their positions ascend.
  for (Diagnostic& diagnostic : kept_) {
    if (diagnostic.length == kMeasure) {
      diagnostic.length = token_length_at(walker, {diagnostic.line, diagnostic.column});
    }
  }
  if (dropped_ > 0) {
    const Severity severity = dropped_errors_ > 0 ? Severity::Error : Severity::Warning;
    kept_.push_back(further_problems(dropped_, severity, last_listed(kept_)));
  }
  return std::move(kept_);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
