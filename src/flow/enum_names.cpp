// SPDX-License-Identifier: Apache-2.0
// The words that manifests, traces and messages use for the flow's enumerations.
#include "promoflow/flow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

std::string_view to_string(Point point) noexcept {
  switch (point) {
    case Point::ReleaseOnStart: return "release.onStart";
    case Point::ReleaseOnSuccess: return "release.onSuccess";
    case Point::ReleaseOnFail: return "release.onFail";
    case Point::EnvironmentOnStart: return "environment.onStart";
    case Point::EnvironmentOnSuccess: return "environment.onSuccess";
    case Point::EnvironmentOnFail: return "environment.onFail";
  }
  return "unknown";  // GCOV_EXCL_LINE: behind a switch over all.
}

std::string_view to_string(FailurePolicy policy) noexcept {
  switch (policy) {
    case FailurePolicy::FailFast: return "failFast";
    case FailurePolicy::Continue: return "continue";
    case FailurePolicy::Abort: return "abort";
  }
  return "unknown";  // GCOV_EXCL_LINE: behind a switch over all.
}

std::string_view to_string(ContextMerge merge) noexcept {
  switch (merge) {
    case ContextMerge::Shallow: return "shallow";
    case ContextMerge::Deep: return "deep";
  }
  return "unknown";  // GCOV_EXCL_LINE: behind a switch over all.
}

std::string_view to_string(OnError on_error) noexcept {
  switch (on_error) {
    case OnError::Fail: return "fail";
    case OnError::Ignore: return "ignore";
  }
  return "unknown";  // GCOV_EXCL_LINE: behind a switch over all.
}

std::string_view to_string(PolicyAction action) noexcept {
  switch (action) {
    case PolicyAction::Commit: return "commit";
    case PolicyAction::PullRequest: return "pr";
    case PolicyAction::None: return "none";
  }
  return "unknown";  // GCOV_EXCL_LINE: behind a switch over all.
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
