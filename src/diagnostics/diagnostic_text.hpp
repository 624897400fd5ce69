// SPDX-License-Identifier: Apache-2.0
/// @file
/// Formats single diagnostics as text and as JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/diagnostic.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The quoted part of a line: all of it, or what is around a position far to the right.
struct Excerpt {
  std::uint32_t line = 0;
  std::uint32_t first = 1;     ///< Column at which the excerpt begins.
  std::string_view text = {};  ///< May be longer than what is shown.
};

/// The excerpts for a set of diagnostics, found in one pass over the text.
class Excerpts {
 public:
  Excerpts(std::span<const Diagnostic> diagnostics, std::string_view text);
  /// The excerpt for a diagnostic that was passed to the constructor.
  const Excerpt& operator[](const Diagnostic& diagnostic) const noexcept;

 private:
  std::vector<Excerpt> excerpts_;  ///< Sorted by line and first column.
};

void append_text(std::string& out, const Diagnostic& diagnostic, std::string_view file,
                 const Excerpt& excerpt, bool colored);
/// The members of a JSON object, from the brace on that begins it.
void append_json_members(std::string& out, const Diagnostic& diagnostic, std::string_view file);

/// Where a diagnostic of several files also is.
struct SarifPlace {
  std::string_view file;
  std::uint32_t line;
  std::uint32_t column;
  std::uint32_t length;
  std::string_view message;
};
/// One diagnostic of a SARIF log.
struct SarifResult {
  const Diagnostic& diagnostic;
  std::string_view file;
  std::span<const SarifPlace> related;
};

/// Writes a SARIF log, result by result.
class SarifLog {
 public:
  SarifLog();
  void add(const SarifResult& result);
  std::string finish();

 private:
  std::string out_;
  bool first_ = true;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
