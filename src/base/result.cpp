// SPDX-License-Identifier: Apache-2.0
#include "promoflow/result.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument: return "invalid-argument";
    case ErrorCode::OutOfMemory: return "out-of-memory";
    case ErrorCode::Internal: return "internal";
    case ErrorCode::LimitExceeded: return "limit-exceeded";
    case ErrorCode::InvalidManifest: return "invalid-manifest";
    case ErrorCode::InvalidScenario: return "invalid-scenario";
    case ErrorCode::InvalidFlow: return "invalid-flow";
    case ErrorCode::UnknownTicket: return "unknown-ticket";
    case ErrorCode::SettledTicket: return "settled-ticket";
    case ErrorCode::WrongKind: return "wrong-kind";
    case ErrorCode::NotAllowed: return "not-allowed";
    case ErrorCode::UnknownEnvironment: return "unknown-environment";
    case ErrorCode::InvalidContext: return "invalid-context";
    case ErrorCode::InvalidEvent: return "invalid-event";
    case ErrorCode::InvalidSnapshot: return "invalid-snapshot";
    case ErrorCode::SnapshotOfOtherFlow: return "snapshot-of-other-flow";
    case ErrorCode::SnapshotTooNew: return "snapshot-too-new";
    case ErrorCode::InvalidState: return "invalid-state";
    case ErrorCode::StoreFailed: return "store-failed";
    case ErrorCode::StoreDamaged: return "store-damaged";
    case ErrorCode::StoreForeign: return "store-foreign";
    case ErrorCode::StoreTooNew: return "store-too-new";
    case ErrorCode::NotOwner: return "not-owner";
    case ErrorCode::ReleaseExists: return "release-exists";
    case ErrorCode::UnknownRelease: return "unknown-release";
  }
  return "unknown";
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
