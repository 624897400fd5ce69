// SPDX-License-Identifier: Apache-2.0
/// @file
/// The checks that need more than one document. Each reports to `findings` and changes nothing but
/// the indices.
#pragma once

#include "configuration/findings.hpp"
#include "configuration/model.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Fills in the indices, and reports duplicate documents and ambiguous names (P2).
void index_documents(ConfigurationData& data, Findings& findings);

/// Reports names that refer to nothing (P3).
void check_references(const ConfigurationData& data, Findings& findings);

/// Reports what the templates of hooks lack, and what their service accounts may and may not do
/// (P4).
void check_permissions(const ConfigurationData& data, Findings& findings);

/// Reports context keys that are missing, that race, and that nobody reads (P7).
void check_context(const ConfigurationData& data, Findings& findings);

/// The template of a hook or an action; null: there is none.
const Workflow* find_workflow(const ConfigurationData& data, std::string_view name) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
