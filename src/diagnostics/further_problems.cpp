// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/further_problems.hpp"

#include <fmt/format.h>

#include "base/limit_hint.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

Diagnostic further_problems(std::size_t count, Severity severity, const Diagnostic& listed) {
  Diagnostic last;
  last.code = DiagnosticCode::LimitExceeded;
  last.severity = severity;
  last.document = listed.document;
  last.line = listed.line;
  last.column = listed.column;
  last.message = fmt::format("and {} further problem{}", count, count == 1 ? "" : "s");
  last.hint = limit_hint("correct these first", "diagnostics_max");
  return last;
}

Diagnostic last_listed(std::span<const Diagnostic> listed) {
  if (!listed.empty()) { return listed.back(); }
  Diagnostic beginning;
  beginning.line = 1;
  beginning.column = 1;
  return beginning;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
