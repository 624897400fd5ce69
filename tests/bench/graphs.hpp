// SPDX-License-Identifier: Apache-2.0
/// @file
/// The graphs that everything is measured on, and flows made of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "promoflow/flow.hpp"

namespace promoflow::bench {

/// A graph of environments: 0 is the trigger environment, and every edge leads to a lower number.
struct Graph {
  std::vector<std::uint32_t> offsets{0, 0};  ///< Of each environment, into `targets`.
  std::vector<std::uint32_t> targets;        ///< What it depends on.

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(offsets.size() - 1); }
  void add(std::uint32_t dependency) { targets.push_back(dependency); }
  void end_environment() { offsets.push_back(static_cast<std::uint32_t>(targets.size())); }
};

/// Each environment depends on the one before it.
Graph chain(std::uint32_t environments);
/// Half of the environments depend on the trigger environment; one on all of these; the other half
/// on that one.
Graph fan(std::uint32_t environments);
/// Ten layers; each environment depends on four of the layer before it, drawn at random, the same
/// in every run.
Graph layered(std::uint32_t environments);

/// Names of environments: `environment-0`, `environment-1`, ...
std::vector<std::string> names_of(const Graph& graph);
/// Two hooks without assigned arguments, for onStart and onSuccess.
StepOptions two_hooks();
/// Builds a flow of it by names, as a host would; ends the program if that fails.
Flow flow_of(const Graph& graph, const std::vector<std::string>& names,
             const StepOptions& options = {});
Flow flow_of(const Graph& graph, const StepOptions& options = {});

}  // namespace promoflow::bench
