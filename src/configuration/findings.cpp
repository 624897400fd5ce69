// SPDX-License-Identifier: Apache-2.0
#include "configuration/findings.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/position.hpp"
#include "base/printable.hpp"
#include "diagnostics/further_problems.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// Bytes of the texts that are kept: each may quote a long name.
constexpr std::size_t kBytesMax = std::size_t{8} << 20;

std::size_t bytes_of(const ConfigurationDiagnostic& diagnostic) {
  const Diagnostic& problem = diagnostic.problem;
  std::size_t bytes = problem.pointer.size() + problem.message.size() + problem.hint.size();
  for (const RelatedPlace& place : diagnostic.related) { bytes += place.message.size(); }
  return bytes;
}

auto order_of(const ConfigurationDiagnostic& diagnostic) {
  return std::tuple(diagnostic.file, diagnostic.problem.line, diagnostic.problem.column);
}

void sort_by_place(std::vector<ConfigurationDiagnostic>& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [](const ConfigurationDiagnostic& a, const ConfigurationDiagnostic& b) {
                     return order_of(a) < order_of(b);
                   });
}

/// A place whose length is still to be measured.
struct Unmeasured {
  std::uint32_t file;
  std::uint32_t line;
  std::uint32_t column;
  std::uint32_t* length;
};

void measure(std::vector<Unmeasured>& places, std::span<const DiagnosticSource> files) {
  std::sort(places.begin(), places.end(), [](const Unmeasured& a, const Unmeasured& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  for (std::size_t i = 0; i < places.size();) {
    const std::uint32_t file = places[i].file;
    TextWalker walker(file < files.size() ? files[file].text : std::string_view());
    for (; i < places.size() && places[i].file == file; ++i) {
      *places[i].length = token_length_at(walker, {places[i].line, places[i].column});
    }
  }
}

}  // namespace

void Findings::keep(ConfigurationDiagnostic diagnostic) {
  errors_ += diagnostic.problem.severity == Severity::Error ? 1U : 0U;
  kept_bytes_ += bytes_of(diagnostic);
  kept_.push_back(std::move(diagnostic));
  // Sorting only when twice as many are kept as are wanted makes its cost per diagnostic constant.
  if (kept_.size() / 2 > max_ + 16 || kept_bytes_ / 2 > kBytesMax) { drop_excess(); }
}

/// What matters less goes first: a thousand notes must not hide an error.
void Findings::drop_excess() {
  std::stable_sort(kept_.begin(), kept_.end(),
                   [](const ConfigurationDiagnostic& a, const ConfigurationDiagnostic& b) {
                     return std::tuple(a.problem.severity, order_of(a)) <
                            std::tuple(b.problem.severity, order_of(b));
                   });
  while (kept_.size() > max_ || (kept_.size() > 1 && kept_bytes_ > kBytesMax)) {
    kept_bytes_ -= bytes_of(kept_.back());
    dropped_worst_ = std::min(dropped_worst_, kept_.back().problem.severity);
    ++dropped_;
    kept_.pop_back();
  }
}

void Findings::take(std::uint32_t file, std::vector<Diagnostic> problems, std::size_t unlisted) {
  if (unlisted > 0 && !problems.empty()) {
    // The last one only counts the others.
    const Severity worst = problems.back().severity;
    if (worst == Severity::Error) { errors_ += unlisted; }
    dropped_worst_ = std::min(dropped_worst_, worst);
    dropped_ += unlisted;
    problems.pop_back();
  }
  for (Diagnostic& problem : problems) {
    has_unread_ = has_unread_ || problem.code == DiagnosticCode::Syntax;
    keep({file, std::move(problem), {}});
  }
}

void Findings::add(DiagnosticCode code, Severity severity, SourcePlace place,
                   const DiagnosticText& text, const std::vector<Related>& related) {
  ConfigurationDiagnostic diagnostic;
  diagnostic.file = place.file;
  diagnostic.problem = {.code = code,
                        .severity = severity,
                        .document = place.document,
                        .pointer = std::move(place.pointer),
                        .line = place.line,
                        .column = place.column,
                        .length = 0,
                        .message = printable(text.message),
                        .hint = printable(text.hint)};
  for (const Related& other : related) {
    diagnostic.related.push_back(
        {other.place->file, other.place->line, other.place->column, 0, printable(other.message)});
  }
  keep(std::move(diagnostic));
}

void Findings::add_to_all(DiagnosticCode code, DiagnosticText text) {
  ConfigurationDiagnostic diagnostic;
  diagnostic.file = UINT32_MAX;
  diagnostic.problem.code = code;
  diagnostic.problem.message = std::move(text.message);
  diagnostic.problem.hint = std::move(text.hint);
  keep(std::move(diagnostic));
}

std::vector<ConfigurationDiagnostic> Findings::finish(std::span<const DiagnosticSource> files) {
  if (kept_.size() > max_ || kept_bytes_ > kBytesMax) { drop_excess(); }
  sort_by_place(kept_);
  std::vector<Unmeasured> places;
  for (ConfigurationDiagnostic& diagnostic : kept_) {
    Diagnostic& problem = diagnostic.problem;
    if (problem.length == 0) {
      places.push_back({diagnostic.file, problem.line, problem.column, &problem.length});
    }
    for (RelatedPlace& place : diagnostic.related) {
      places.push_back({place.file, place.line, place.column, &place.length});
    }
  }
  measure(places, files);
  if (dropped_ > 0) {
    ConfigurationDiagnostic last;
    if (!kept_.empty()) { last.file = kept_.back().file; }
    const Diagnostic place = kept_.empty() ? Diagnostic{} : kept_.back().problem;
    last.problem = further_problems(dropped_, dropped_worst_, place);
    kept_.push_back(std::move(last));
  }
  return std::move(kept_);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
