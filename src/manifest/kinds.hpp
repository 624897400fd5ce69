// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which objects of a manifest are flows, lists that may hold flows, or meant to be.
#pragma once

#include <cstdint>
#include <string_view>

#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr std::string_view kFlowListKind = "PromotionFlowList";
inline constexpr std::string_view kListKind = "List";

enum class ManifestKind : std::uint8_t {
  Flow,
  NearFlow,  ///< Its kind is misspelt.
  FlowList,
  NearFlowList,
  List,  ///< Of objects of any kind: `List`, or another one whose items include flows.
  NearList,
  Other,
  NotText,  ///< Its kind is not a string.
};

/// The kind of an object; `kind` is the value of its field of that name, and not null.
ManifestKind classify_kind(const Document& document, NodeId object, NodeId kind);

/// Whether the object's spec has fields that only flows have.
bool looks_like_flow(const Document& document, NodeId object) noexcept;

/// The key node of a member; kNoNode: there is none.
NodeId key_of(const Document& document, NodeId mapping, std::string_view key) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
