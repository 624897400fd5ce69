// SPDX-License-Identifier: Apache-2.0
// The numbers of the C ABI are those of the C++ API; both headers go together.
#include <promoflow/promoflow.h>
#include <promoflow/promoflow_engine.h>

#include <promoflow/engine.hpp>
#include <promoflow/promoflow.hpp>
#include <promoflow/sqlite_store.hpp>

namespace promoflow::inline PROMOFLOW_NAMESPACE {
namespace {

template <class Enum>
constexpr bool same(int number, Enum value) {
  return number == static_cast<int>(value);
}

static_assert(same(PROMOFLOW_E_INVALID_ARGUMENT, ErrorCode::InvalidArgument));
static_assert(same(PROMOFLOW_E_OUT_OF_MEMORY, ErrorCode::OutOfMemory));
static_assert(same(PROMOFLOW_E_INTERNAL, ErrorCode::Internal));
static_assert(same(PROMOFLOW_E_LIMIT_EXCEEDED, ErrorCode::LimitExceeded));
static_assert(same(PROMOFLOW_E_INVALID_MANIFEST, ErrorCode::InvalidManifest));
static_assert(same(PROMOFLOW_E_INVALID_SCENARIO, ErrorCode::InvalidScenario));
static_assert(same(PROMOFLOW_E_INVALID_FLOW, ErrorCode::InvalidFlow));
static_assert(same(PROMOFLOW_E_UNKNOWN_TICKET, ErrorCode::UnknownTicket));
static_assert(same(PROMOFLOW_E_SETTLED_TICKET, ErrorCode::SettledTicket));
static_assert(same(PROMOFLOW_E_WRONG_KIND, ErrorCode::WrongKind));
static_assert(same(PROMOFLOW_E_NOT_ALLOWED, ErrorCode::NotAllowed));
static_assert(same(PROMOFLOW_E_UNKNOWN_ENVIRONMENT, ErrorCode::UnknownEnvironment));
static_assert(same(PROMOFLOW_E_INVALID_CONTEXT, ErrorCode::InvalidContext));
static_assert(same(PROMOFLOW_E_INVALID_EVENT, ErrorCode::InvalidEvent));
static_assert(same(PROMOFLOW_E_INVALID_SNAPSHOT, ErrorCode::InvalidSnapshot));
static_assert(same(PROMOFLOW_E_SNAPSHOT_OF_OTHER_FLOW, ErrorCode::SnapshotOfOtherFlow));
static_assert(same(PROMOFLOW_E_SNAPSHOT_TOO_NEW, ErrorCode::SnapshotTooNew));
static_assert(same(PROMOFLOW_E_INVALID_STATE, ErrorCode::InvalidState));
static_assert(same(PROMOFLOW_E_STORE_FAILED, ErrorCode::StoreFailed));
static_assert(same(PROMOFLOW_E_STORE_DAMAGED, ErrorCode::StoreDamaged));
static_assert(same(PROMOFLOW_E_STORE_FOREIGN, ErrorCode::StoreForeign));
static_assert(same(PROMOFLOW_E_STORE_TOO_NEW, ErrorCode::StoreTooNew));
static_assert(same(PROMOFLOW_E_NOT_OWNER, ErrorCode::NotOwner));
static_assert(same(PROMOFLOW_E_RELEASE_EXISTS, ErrorCode::ReleaseExists));
static_assert(same(PROMOFLOW_E_UNKNOWN_RELEASE, ErrorCode::UnknownRelease));

static_assert(same(PROMOFLOW_RECOVERY_ATTACHED, Recovery::Attached));
static_assert(same(PROMOFLOW_RECOVERY_ENDED, Recovery::Ended));
static_assert(same(PROMOFLOW_RECOVERY_UNKNOWN, Recovery::Unknown));
static_assert(same(PROMOFLOW_RECOVERY_LOST, Recovery::Lost));
static_assert(same(PROMOFLOW_STORE_DRIVE, StoreAccess::Drive));
static_assert(same(PROMOFLOW_STORE_ASK, StoreAccess::Ask));
static_assert(same(PROMOFLOW_LOST_FAIL, LostCommand::Fail));
static_assert(same(PROMOFLOW_LOST_AGAIN, LostCommand::Again));

static_assert(same(PROMOFLOW_POINT_RELEASE_ON_START, Point::ReleaseOnStart));
static_assert(same(PROMOFLOW_POINT_RELEASE_ON_SUCCESS, Point::ReleaseOnSuccess));
static_assert(same(PROMOFLOW_POINT_RELEASE_ON_FAIL, Point::ReleaseOnFail));
static_assert(same(PROMOFLOW_POINT_ENVIRONMENT_ON_START, Point::EnvironmentOnStart));
static_assert(same(PROMOFLOW_POINT_ENVIRONMENT_ON_SUCCESS, Point::EnvironmentOnSuccess));
static_assert(same(PROMOFLOW_POINT_ENVIRONMENT_ON_FAIL, Point::EnvironmentOnFail));

static_assert(same(PROMOFLOW_RELEASE_RUNNING, ReleaseStatus::Running));
static_assert(same(PROMOFLOW_RELEASE_SUSPENDED, ReleaseStatus::Suspended));
static_assert(same(PROMOFLOW_RELEASE_TERMINATING, ReleaseStatus::Terminating));
static_assert(same(PROMOFLOW_RELEASE_SUCCEEDED, ReleaseStatus::Succeeded));
static_assert(same(PROMOFLOW_RELEASE_FAILED, ReleaseStatus::Failed));
static_assert(same(PROMOFLOW_RELEASE_TERMINATED, ReleaseStatus::Terminated));

static_assert(same(PROMOFLOW_ENVIRONMENT_PENDING, EnvironmentStatus::Pending));
static_assert(same(PROMOFLOW_ENVIRONMENT_RUNNING, EnvironmentStatus::Running));
static_assert(same(PROMOFLOW_ENVIRONMENT_SUSPENDED, EnvironmentStatus::Suspended));
static_assert(same(PROMOFLOW_ENVIRONMENT_SUCCESSFUL, EnvironmentStatus::Successful));
static_assert(same(PROMOFLOW_ENVIRONMENT_FAILED, EnvironmentStatus::Failed));
static_assert(same(PROMOFLOW_ENVIRONMENT_TERMINATED, EnvironmentStatus::Terminated));

static_assert(same(PROMOFLOW_ENVIRONMENT_SKIPPED, EnvironmentStatus::Skipped));

static_assert(same(PROMOFLOW_BLOCK_NONE, AdmissionBlock::None));
static_assert(same(PROMOFLOW_BLOCK_RELEASE_STARTING, AdmissionBlock::ReleaseStarting));
static_assert(same(PROMOFLOW_BLOCK_FAILURE, AdmissionBlock::Failure));
static_assert(same(PROMOFLOW_BLOCK_TERMINATION, AdmissionBlock::Termination));
static_assert(same(PROMOFLOW_BLOCK_FINAL, AdmissionBlock::Final));

static_assert(same(PROMOFLOW_DIAGNOSTIC_SYNTAX, DiagnosticCode::Syntax));
static_assert(same(PROMOFLOW_DIAGNOSTIC_LIMIT_EXCEEDED, DiagnosticCode::LimitExceeded));
static_assert(same(PROMOFLOW_DIAGNOSTIC_DEPRECATED_LAYOUT, DiagnosticCode::DeprecatedLayout));
static_assert(same(PROMOFLOW_DIAGNOSTIC_UNKNOWN_HOOK, DiagnosticCode::UnknownHook));
static_assert(same(PROMOFLOW_DIAGNOSTIC_RESERVED_ARGUMENT, DiagnosticCode::ReservedArgument));
static_assert(same(PROMOFLOW_DIAGNOSTIC_DUPLICATE_FLOW, DiagnosticCode::DuplicateFlow));
static_assert(same(PROMOFLOW_DIAGNOSTIC_READ_DIFFERENTLY, DiagnosticCode::ReadDifferently));
static_assert(same(PROMOFLOW_DIAGNOSTIC_SUSPICIOUS_NAME, DiagnosticCode::SuspiciousName));
static_assert(same(PROMOFLOW_DIAGNOSTIC_DUPLICATE_DOCUMENT, DiagnosticCode::DuplicateDocument));
static_assert(same(PROMOFLOW_DIAGNOSTIC_AMBIGUOUS_NAME, DiagnosticCode::AmbiguousName));
static_assert(same(PROMOFLOW_DIAGNOSTIC_UNKNOWN_FLOW, DiagnosticCode::UnknownFlow));
static_assert(same(PROMOFLOW_DIAGNOSTIC_UNKNOWN_PROMOTION_TEMPLATE,
                   DiagnosticCode::UnknownPromotionTemplate));
static_assert(same(PROMOFLOW_DIAGNOSTIC_UNKNOWN_WORKFLOW, DiagnosticCode::UnknownWorkflow));
static_assert(same(PROMOFLOW_DIAGNOSTIC_INVALID_PARAMETER, DiagnosticCode::InvalidParameter));
static_assert(same(PROMOFLOW_DIAGNOSTIC_CONTEXT_KEY_NEVER_WRITTEN,
                   DiagnosticCode::ContextKeyNeverWritten));
static_assert(same(PROMOFLOW_DIAGNOSTIC_FAILURE_ARGUMENT_ELSEWHERE,
                   DiagnosticCode::FailureArgumentElsewhere));
static_assert(same(PROMOFLOW_DIAGNOSTIC_POLICY_NEVER_APPLIES, DiagnosticCode::PolicyNeverApplies));
static_assert(same(PROMOFLOW_DIAGNOSTIC_NOT_A_PROMOTION_WORKFLOW,
                   DiagnosticCode::NotAPromotionWorkflow));
static_assert(same(PROMOFLOW_DIAGNOSTIC_MISSING_PERMISSION, DiagnosticCode::MissingPermission));
static_assert(same(PROMOFLOW_DIAGNOSTIC_EXCESSIVE_PERMISSION, DiagnosticCode::ExcessivePermission));
static_assert(same(PROMOFLOW_DIAGNOSTIC_CONTEXT_NOT_EXPORTED, DiagnosticCode::ContextNotExported));
static_assert(same(PROMOFLOW_DIAGNOSTIC_CONTEXT_KEY_MAY_BE_MISSING,
                   DiagnosticCode::ContextKeyMayBeMissing));
static_assert(same(PROMOFLOW_DIAGNOSTIC_CONTEXT_KEY_RACE, DiagnosticCode::ContextKeyRace));
static_assert(same(PROMOFLOW_DIAGNOSTIC_POLICY_TIE, DiagnosticCode::PolicyTie));
static_assert(same(PROMOFLOW_DIAGNOSTIC_CONTEXT_KEY_UNUSED, DiagnosticCode::ContextKeyUnused));

static_assert(same(PROMOFLOW_SEVERITY_ERROR, Severity::Error));
static_assert(same(PROMOFLOW_SEVERITY_NOTE, Severity::Note));
static_assert(same(PROMOFLOW_ORDER_DESCENDING, PolicyOrder::Descending));
static_assert(same(PROMOFLOW_ORDER_ASCENDING, PolicyOrder::Ascending));
static_assert(same(PROMOFLOW_SEVERITY_WARNING, Severity::Warning));
static_assert(same(PROMOFLOW_FAIL_FAST, FailurePolicy::FailFast));
static_assert(same(PROMOFLOW_CONTINUE, FailurePolicy::Continue));
static_assert(same(PROMOFLOW_ABORT, FailurePolicy::Abort));
static_assert(same(PROMOFLOW_MERGE_SHALLOW, ContextMerge::Shallow));
static_assert(same(PROMOFLOW_MERGE_DEEP, ContextMerge::Deep));
static_assert(same(PROMOFLOW_ON_ERROR_FAIL, OnError::Fail));
static_assert(same(PROMOFLOW_ON_ERROR_IGNORE, OnError::Ignore));
static_assert(same(PROMOFLOW_POLICY_COMMIT, PolicyAction::Commit));
static_assert(same(PROMOFLOW_POLICY_PR, PolicyAction::PullRequest));
static_assert(same(PROMOFLOW_POLICY_NONE, PolicyAction::None));
static_assert(same(PROMOFLOW_TEXT_AUTO, TextFormat::Auto));
static_assert(same(PROMOFLOW_TEXT_YAML, TextFormat::Yaml));
static_assert(same(PROMOFLOW_TEXT_JSON, TextFormat::Json));
static_assert(same(PROMOFLOW_DIAGNOSTICS_TEXT, DiagnosticFormat::Text));
static_assert(same(PROMOFLOW_DIAGNOSTICS_COLORED_TEXT, DiagnosticFormat::ColoredText));
static_assert(same(PROMOFLOW_DIAGNOSTICS_JSON, DiagnosticFormat::Json));
static_assert(same(PROMOFLOW_DIFF_TEXT, FlowDiffFormat::Text));
static_assert(same(PROMOFLOW_DIFF_JSON, FlowDiffFormat::Json));
static_assert(same(PROMOFLOW_DIFF_MARKDOWN, FlowDiffFormat::Markdown));
static_assert(same(PROMOFLOW_RENDER_TEXT, RenderFormat::Text));
static_assert(same(PROMOFLOW_RENDER_MERMAID, RenderFormat::Mermaid));
static_assert(same(PROMOFLOW_RENDER_DOT, RenderFormat::Dot));
static_assert(same(PROMOFLOW_RENDER_SVG, RenderFormat::Svg));

}  // namespace
}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
