// SPDX-License-Identifier: Apache-2.0
// Flow: the accessors of the handle, which read the shared data.
#include "promoflow/flow.hpp"

#include "base/guard.hpp"
#include "flow/flow_data.hpp"
#include "flow/graph.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

/// An id of another flow is answered as if it were the trigger environment.
std::uint32_t checked(const detail::FlowData& flow, EnvironmentId environment) noexcept {
  const std::uint32_t index = detail::index(environment);
  return index < flow.size() ? index : 0;
}

const std::vector<Hook>& hooks_at(const Hooks& release, const Hooks& environment,
                                  Point point) noexcept {
  switch (point) {
    case Point::ReleaseOnStart: return release.on_start;
    case Point::ReleaseOnSuccess: return release.on_success;
    case Point::ReleaseOnFail: return release.on_fail;
    case Point::EnvironmentOnStart: return environment.on_start;
    case Point::EnvironmentOnSuccess: return environment.on_success;
    case Point::EnvironmentOnFail: return environment.on_fail;
  }
  return release.on_start;  // GCOV_EXCL_LINE: behind a switch over every point.
}

}  // namespace

std::string_view Flow::name() const noexcept { return data_->name; }

const FlowOptions& Flow::options() const noexcept { return data_->options; }

std::uint32_t Flow::environment_count() const noexcept { return data_->size(); }

std::uint32_t Flow::dependency_count() const noexcept {
  return static_cast<std::uint32_t>(data_->dependencies.targets.size());
}

std::string_view Flow::environment_name(EnvironmentId environment) const noexcept {
  return data_->names[checked(*data_, environment)];
}

std::optional<EnvironmentId> Flow::find_environment(std::string_view name) const noexcept {
  const std::uint32_t index = data_->names.find(name);
  if (index == detail::NameTable::kNone) { return std::nullopt; }
  return EnvironmentId{index};
}

std::span<const EnvironmentId> Flow::dependencies(EnvironmentId environment) const noexcept {
  return data_->dependencies[checked(*data_, environment)];
}

std::span<const EnvironmentId> Flow::dependents(EnvironmentId environment) const noexcept {
  return data_->dependents_of(checked(*data_, environment));
}

Result<bool> Flow::depends_on(EnvironmentId environment, EnvironmentId on) const noexcept {
  return detail::guarded([&]() -> Result<bool> {
    return detail::reaches(data_->dependencies, data_->levels,
                           EnvironmentId{checked(*data_, environment)},
                           EnvironmentId{checked(*data_, on)});
  });
}

std::uint32_t Flow::level(EnvironmentId environment) const noexcept {
  return data_->levels[checked(*data_, environment)];
}

const StepOptions& Flow::step(EnvironmentId environment) const noexcept {
  return data_->step(checked(*data_, environment));
}

std::span<const Hook> Flow::hooks(Point point, EnvironmentId environment) const noexcept {
  return hooks_at(data_->options.hooks, step(environment).hooks, point);
}

std::uint64_t Flow::fingerprint() const noexcept { return data_->fingerprint; }

bool operator==(const Flow& left, const Flow& right) noexcept {
  const detail::FlowData& a = *left.data_;
  const detail::FlowData& b = *right.data_;
  if (&a == &b) { return true; }
  // Annotations are not part of the fingerprint, but a manifest has them (M8).
  if (a.fingerprint != b.fingerprint || a.options != b.options) { return false; }
  // GCOV_EXCL_BR_START: flows with equal fingerprints differ only if a 64-bit hash collides.
  if (a.name != b.name || !(a.names == b.names) || !(a.dependencies == b.dependencies)) {
    return false;
  }
  for (std::uint32_t environment = 0; environment < a.size(); ++environment) {
    if (a.step(environment) != b.step(environment)) { return false; }
  }
  // GCOV_EXCL_BR_STOP
  return true;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
