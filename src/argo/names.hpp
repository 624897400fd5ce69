// SPDX-License-Identifier: Apache-2.0
/// @file
/// Names and label values that Kubernetes takes, of texts that are anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promoflow/event.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr std::size_t kWorkflowNameMax = 63;  ///< Argo's own bound, in bytes.
inline constexpr std::size_t kLabelValueMax = 63;

/// The one name that the workflow of a command has, whoever creates it, and whenever:
/// `RELEASE-TICKET-ATTEMPT`. Two commands never have the same one: a release id that is no part of
/// a DNS-1123 name, is too long or has `--` in it is cut and followed by `--` and a hash of it.
/// `suffix`: of a workflow beside that of the command.
std::string workflow_name(std::string_view release_id, Ticket ticket, std::uint32_t attempt,
                          std::string_view suffix = {});

/// What of an application's name stands in the names of its workflows. Two applications never have
/// the same one.
std::string application_part(std::string_view application);

/// At which attempt it is workflow_name() of that command; none: it is not.
std::optional<std::uint32_t> attempt_of(std::string_view name, std::string_view release_id,
                                        Ticket ticket);

/// The name of the release's Lease. Two releases never have the same one.
std::string lease_name(std::string_view release_id);

/// The text itself where it may be a label's value, else what may be of it. Different texts may
/// have the same one.
std::string label_value(std::string_view text);

/// As label_value(), but with a hash where it is not the text itself: different texts differ.
std::string distinct_label_value(std::string_view text);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
