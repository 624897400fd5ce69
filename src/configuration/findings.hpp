// SPDX-License-Identifier: Apache-2.0
/// @file
/// Findings: collects the diagnostics of all files in bounded memory.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/suggest.hpp"
#include "configuration/model.hpp"
#include "manifest/reporter.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Another place that a diagnostic speaks of, and what is there.
struct Related {
  const SourcePlace* place = nullptr;
  std::string message{};
};

class Findings {
 public:
  explicit Findings(std::size_t diagnostics_max) : max_(diagnostics_max) {}

  /// Adds what was found in one file alone, and the number of problems that are not listed.
  void take(std::uint32_t file, std::vector<Diagnostic> problems, std::size_t unlisted);
  void add(DiagnosticCode code, Severity severity, SourcePlace place, const DiagnosticText& text,
           const std::vector<Related>& related = {});
  /// A problem of all files together.
  void add_to_all(DiagnosticCode code, DiagnosticText text);

  /// `did you mean 'X'?`, or `otherwise` if no candidate is near; where not all of the files could
  /// be read, with words that say so. `each` calls its argument for
  /// every candidate. Bounded: after many calls no candidate is looked at.
  template <class Each>
  std::string suggest(std::string_view name, std::string_view otherwise, const Each& each) {
    Suggestions suggestions(name);
    if (suggested_ < max_) {
      ++suggested_;
      each([&](std::string_view candidate) { suggestions.offer(candidate); });
    }
    if (!suggestions.best().empty()) { return suggestions.hint(); }
    return (has_unread_ ? "correct the syntax errors first, it may be behind one; or " : "") +
           std::string(otherwise);
  }

  std::size_t errors() const noexcept { return errors_; }
  /// Whether as many errors were found as are kept.
  bool is_full() const noexcept { return errors_ > max_; }

  /// All diagnostics in the order of the files and their texts; at most as many as were asked for,
  /// and one more that counts the others.
  std::vector<ConfigurationDiagnostic> finish(std::span<const DiagnosticSource> files);

 private:
  void keep(ConfigurationDiagnostic diagnostic);
  void drop_excess();

  std::size_t max_;
  std::vector<ConfigurationDiagnostic> kept_;
  std::size_t kept_bytes_ = 0;
  std::size_t errors_ = 0;
  std::size_t dropped_ = 0;
  Severity dropped_worst_ = Severity::Note;
  std::size_t suggested_ = 0;
  bool has_unread_ = false;  ///< A file has a syntax error, so that names may be missing.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
