// SPDX-License-Identifier: Apache-2.0
/// @file
/// The applications of environments: what they add to arguments, and how a failure names them.
/// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promoflow/argo_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

using Arguments = std::vector<std::pair<std::string, std::string>>;

/// Why an executor cannot have these; none: it can.
std::optional<std::string> problem_of(const ArgoApplications& applications);

/// Those of the environment; null: it is promoted as a whole.
const std::vector<ArgoApplication>* applications_of(const ArgoApplications& applications,
                                                    const std::string& environment);

/// APP_NAME and its like. They take the place of arguments of the same names.
void add_application(const ArgoApplication& application, Arguments& arguments);

/// What a promotion says of the commit that it has made: COMMIT_SHA, COMMIT_AUTHOR, COMMIT_MESSAGE
/// and COMMIT_DATE of a JSON object. What is no such text is passed over.
void add_commit(std::string_view said, Arguments& arguments);

/// An application that failed, and why.
struct ApplicationFailure {
  std::string name;
  std::string message;
};
/// `2 of 3 applications failed (a, b): a: MESSAGE; b: MESSAGE`
std::string failure_message(const std::vector<ApplicationFailure>& failures, std::size_t count);
/// The names in such a message, as far as it was not cut; none of any other message.
std::vector<std::string> failed_applications(std::string_view message,
                                             const std::vector<ArgoApplication>& applications);

/// FAILED_ENVIRONMENTS (A3) with `"Applications":["a","b"]` in each entry whose message names some;
/// else as it is.
void name_applications(const ArgoApplications& applications, Arguments& arguments);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
