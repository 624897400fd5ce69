// SPDX-License-Identifier: Apache-2.0
#include "document/settings_reader.hpp"

#include <utility>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

NodeId SettingsReader::read_mapping(std::string_view text, const ReadOptions& options,
                                    std::string message, std::string hint) {
  read_document(text, options, document_, diagnostics_);
  if (has_error()) { return kNoNode; }
  const NodeId root = document_.roots.empty() ? kNoNode : document_.roots.front();
  if (document_.roots.size() == 1 && document_.kind(root) == NodeKind::Mapping) { return root; }
  complain(root, DiagnosticCode::WrongType, "", std::move(message), std::move(hint));
  return kNoNode;
}

void SettingsReader::complain(NodeId at, DiagnosticCode code, std::string pointer,
                              std::string message, std::string hint) {
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
