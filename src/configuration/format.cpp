// SPDX-License-Identifier: Apache-2.0
// Prints the diagnostics of a configuration: each with the other places that it speaks of.
#include <fmt/format.h>

#include <algorithm>

#include "base/guard.hpp"
#include "base/json_string.hpp"
#include "base/utf8.hpp"
#include "diagnostics/diagnostic_text.hpp"
#include "promoflow/configuration.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

DiagnosticSource source_of(std::span<const DiagnosticSource> files, std::uint32_t file) {
  return file < files.size() ? files[file] : DiagnosticSource{};
}

/// A further place as a diagnostic of its own.
Diagnostic as_note(const RelatedPlace& place) {
  Diagnostic note;
  note.code = DiagnosticCode{};  // It belongs to the diagnostic before it.
  note.severity = Severity::Note;
  note.line = place.line;
  note.column = place.column;
  note.length = place.length;
  note.message = place.message;
  return note;
}

/// The excerpts of all diagnostics and further places, file by file.
class AllExcerpts {
 public:
  AllExcerpts(std::span<const ConfigurationDiagnostic> diagnostics,
              std::span<const DiagnosticSource> files)
      : files_(files) {
    std::vector<std::pair<std::uint32_t, Diagnostic>> wanted;
    const auto want = [&](std::uint32_t file, std::uint32_t line, std::uint32_t column) {
      Diagnostic at;
      at.line = line;
      at.column = column;
      wanted.emplace_back(file, std::move(at));
    };
    for (const ConfigurationDiagnostic& diagnostic : diagnostics) {
      want(diagnostic.file, diagnostic.problem.line, diagnostic.problem.column);
      for (const RelatedPlace& place : diagnostic.related) {
        want(place.file, place.line, place.column);
      }
    }
    std::stable_sort(wanted.begin(), wanted.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < wanted.size();) {
      std::vector<Diagnostic> of_file;
      const std::uint32_t file = wanted[i].first;
      for (; i < wanted.size() && wanted[i].first == file; ++i) {
        of_file.push_back(std::move(wanted[i].second));
      }
      excerpts_.emplace_back(file, Excerpts(of_file, source_of(files_, file).text));
    }
  }

  void append(std::string& out, std::uint32_t file, const Diagnostic& diagnostic,
              bool colored) const {
    const auto found = std::lower_bound(
        excerpts_.begin(), excerpts_.end(), file,
        [](const auto& entry, std::uint32_t wanted) { return entry.first < wanted; });
    const std::string_view name = source_of(files_, file).file;
    append_text(out, diagnostic, name, found->second[diagnostic], colored);
  }

 private:
  std::span<const DiagnosticSource> files_;
  std::vector<std::pair<std::uint32_t, Excerpts>> excerpts_;
};

void append_related(std::string& out, const RelatedPlace& place, std::string_view file) {
  out += "{\"file\":";
  append_json_string(out, to_utf8(file));
  out += fmt::format(R"(,"line":{},"column":{},"length":{},"message":)", place.line, place.column,
                     place.length);
  append_json_string(out, place.message);
  out += '}';
}

std::string format_json(std::span<const ConfigurationDiagnostic> diagnostics,
                        std::span<const DiagnosticSource> files) {
  std::string out;
  for (const ConfigurationDiagnostic& diagnostic : diagnostics) {
    append_json_members(out, diagnostic.problem, source_of(files, diagnostic.file).file);
    if (!diagnostic.related.empty()) {
      out += ",\"related\":[";
      for (const RelatedPlace& place : diagnostic.related) {
        out += &place == diagnostic.related.data() ? "" : ",";
        append_related(out, place, source_of(files, place.file).file);
      }
      out += ']';
    }
    out += "}\n";
  }
  return out;
}

}  // namespace

}  // namespace detail

Result<std::string> format_diagnostics(std::span<const ConfigurationDiagnostic> diagnostics,
                                       std::span<const DiagnosticSource> files,
                                       DiagnosticFormat format) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    if (format == DiagnosticFormat::Json) { return detail::format_json(diagnostics, files); }
    const detail::AllExcerpts excerpts(diagnostics, files);
    const bool colored = format == DiagnosticFormat::ColoredText;
    std::string out;
    for (const ConfigurationDiagnostic& diagnostic : diagnostics) {
      excerpts.append(out, diagnostic.file, diagnostic.problem, colored);
      for (const RelatedPlace& place : diagnostic.related) {
        excerpts.append(out, place.file, detail::as_note(place), colored);
      }
    }
    return out;
  });
}

Result<std::string> format_sarif(std::span<const ConfigurationDiagnostic> diagnostics,
                                 std::span<const DiagnosticSource> files) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    detail::SarifLog log;
    std::vector<detail::SarifPlace> related;
    for (const ConfigurationDiagnostic& diagnostic : diagnostics) {
      related.clear();
      for (const RelatedPlace& place : diagnostic.related) {
        related.push_back({detail::source_of(files, place.file).file, place.line, place.column,
                           place.length, place.message});
      }
      log.add({diagnostic.problem, detail::source_of(files, diagnostic.file).file, related});
    }
    return log.finish();
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
