// SPDX-License-Identifier: Apache-2.0
#include "document/settings_reader.hpp"

#include <utility>

#include "diagnostics/further_problems.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

NodeId SettingsReader::read_mapping(std::string_view text, const ReadOptions& options,
                                    std::string message, std::string hint) {
  diagnostics_max_ = options.limits.diagnostics_max;
  read_document(text, options, document_, diagnostics_);
  has_error_ = has_errors(diagnostics_);
  if (has_error_) { return kNoNode; }
  const NodeId root = document_.roots.empty() ? kNoNode : document_.roots.front();
  if (document_.roots.size() > 1) {
    complain(document_.roots[1], DiagnosticCode::WrongType, "",
             message + ": a second document begins here", "remove it, or the '---' before it");
    return kNoNode;
  }
  if (root != kNoNode && document_.kind(root) == NodeKind::Mapping) { return root; }
  complain(root, DiagnosticCode::WrongType, "", std::move(message), std::move(hint));
  return kNoNode;
}

void SettingsReader::finish() {
  if (dropped_ == 0) { return; }
  diagnostics_.push_back(further_problems(dropped_, Severity::Error, last_listed(diagnostics_)));
}

void SettingsReader::complain(NodeId at, DiagnosticCode code, std::string pointer,
                              std::string message, std::string hint) {
  has_error_ = true;
  if (diagnostics_.size() >= diagnostics_max_) {
    ++dropped_;
    return;
  }
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.pointer = std::move(pointer);
  diagnostic.line = at == kNoNode ? 1 : document_[at].line;
  diagnostic.column = at == kNoNode ? 1 : document_[at].column;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  diagnostics_.push_back(std::move(diagnostic));
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
