// SPDX-License-Identifier: Apache-2.0
/// @file
/// The Workflow object of a hook: the text that creates it, and what an object that the server
/// returns says. Pure: no I/O.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "promoflow/executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What makes a workflow one of promoflow's, and whose.
inline constexpr std::string_view kInstanceLabel = "promoflow.dev/instance";
inline constexpr std::string_view kSettledLabel = "promoflow.dev/settled";
inline constexpr std::string_view kReleaseLabel = "promoflow.dev/release";
inline constexpr std::string_view kTicketLabel = "promoflow.dev/ticket";
inline constexpr std::string_view kAttemptLabel = "promoflow.dev/attempt";
/// The release's id as it is: a label's value cannot always be.
inline constexpr std::string_view kReleaseAnnotation = "promoflow.dev/release-id";
/// Arguments whose names Argo refuses.
inline constexpr std::string_view kOmittedAnnotation = "promoflow.dev/omitted";
/// Keeps the workflow until its outcome is in the store.
inline constexpr std::string_view kFinalizer = "promoflow.dev/outcome";

/// `preAction` or `postAction`; a hook's workflow has none.
inline constexpr std::string_view kPartLabel = "promoflow.dev/part";
/// Of an environment's applications the one that is promoted; and its name as it is.
inline constexpr std::string_view kApplicationLabel = "promoflow.dev/application";
inline constexpr std::string_view kApplicationAnnotation = "promoflow.dev/application-name";

/// What a workflow is of its command: all of it, or what runs before and after a promotion.
enum class WorkflowPart : std::uint8_t { Hook, PreAction, PostAction };

/// Which of a command's workflows it is.
struct WorkflowRole {
  WorkflowPart part = WorkflowPart::Hook;
  std::string application{};  ///< Of those of the environment; empty: it is of none.
  auto operator<=>(const WorkflowRole&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// What the name of the workflow ends with.
std::string suffix_of(const WorkflowRole& role);

/// How workflows are created.
struct WorkflowShape {
  std::string name_space;
  std::string instance;
  /// Templates that are ClusterWorkflowTemplates; `*`: all are.
  std::vector<std::string> cluster_templates{};
  bool has_finalizer = true;
};

/// The object that runs a hook, as JSON text; or one beside a promotion, which looks like a hook.
std::string workflow_text(const WorkflowShape& shape, const HookCall& call,
                          const WorkflowRole& role = {});

/// What a Workflow object says, as far as it counts.
struct WorkflowView {
  std::string name{};
  std::string uid{};
  std::string resource_version{};
  std::string release_id{};  ///< Empty: no host of promoflow created it.
  std::uint64_t ticket = 0;
  std::uint32_t attempt = 0;
  WorkflowRole role{};
  std::string instance{};
  std::string phase{};
  std::string message{};                   ///< Why it failed, for people.
  std::optional<std::string> context{};    ///< What it exported.
  std::optional<std::size_t> finalizer{};  ///< The index of ours.
  bool is_settled = false;                 ///< Its outcome is in a store.
  bool is_deleted = false;                 ///< It goes when no finalizer is left.
  bool is_suspended = false;

  bool is_over() const noexcept {
    return phase == "Succeeded" || phase == "Failed" || phase == "Error";
  }
  bool has_succeeded() const noexcept { return phase == "Succeeded"; }
};

/// Reads an object of the API server. None: it is no Workflow.
std::optional<WorkflowView> read_workflow(const nlohmann::json& object);
/// The same of the text of one object.
std::optional<WorkflowView> read_workflow_text(std::string_view text);

/// Parses what a server has sent, a Workflow, a list of them or an event of a watch, with only
/// those members that somebody reads. Discarded: it is not JSON.
nlohmann::json parse_answer(std::string_view text);

/// Whether an object of version `left` is older than one of version `right`. Versions that are no
/// numbers are not compared.
bool is_older(std::string_view left, std::string_view right) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
