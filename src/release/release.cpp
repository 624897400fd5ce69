// SPDX-License-Identifier: Apache-2.0
// Release: the machine's public interface, and the guard at the library's border.
#include "promoflow/release.hpp"

#include "base/guard.hpp"
#include "release/machine.hpp"
#include "release/snapshot.hpp"
#include "release/start.hpp"

namespace promoflow {

using detail::guarded;

Release::Release(std::unique_ptr<detail::Machine> machine) noexcept
    : machine_(std::move(machine)) {}
Release::Release(Release&&) noexcept = default;
Release& Release::operator=(Release&&) noexcept = default;
Release::~Release() = default;

Result<Release> Release::start(Flow flow, ReleaseInfo info, Instant now, std::string_view context,
                               const EnvironmentSelection& selection) noexcept {
  return guarded([&]() -> Result<Release> {
    auto machine = detail::start_machine(std::move(flow), std::move(info), now, context, selection);
    if (!machine) { return tl::unexpected(std::move(machine.error())); }
    return Release(std::move(*machine));
  });
}

Result<void> Release::apply(const Event& event) noexcept {
  return guarded([&]() -> Result<void> {
    std::optional<Error> refused;
    machine_->apply(event, refused);
    if (refused) { return tl::unexpected(std::move(*refused)); }
    return {};
  });
}

std::optional<Command> Release::next_command() noexcept { return machine_->next_command(); }

std::optional<Record> Release::next_record() noexcept {
  detail::RecordItem item;
  if (!machine_->take(item)) { return std::nullopt; }
  return machine_->to_record(item);
}

Result<void> Release::reissue() noexcept {
  return guarded([&]() -> Result<void> {
    machine_->reissue();
    return {};
  });
}

std::optional<Instant> Release::next_timer() const noexcept { return machine_->next_timer(); }

Result<std::string> Release::key(Ticket ticket) const noexcept {
  return guarded([&]() -> Result<std::string> {
    return machine_->info().id + '/' + std::to_string(static_cast<std::uint64_t>(ticket));
  });
}

const Flow& Release::flow() const noexcept { return machine_->flow_handle(); }

const ReleaseInfo& Release::info() const noexcept { return machine_->info(); }

ReleaseStatus Release::status() const noexcept { return machine_->state().status; }

std::string_view Release::phase() const noexcept {
  return machine_->phase(machine_->flow().size());
}

std::string_view Release::message() const noexcept {
  return machine_->message(machine_->flow().size());
}

EnvironmentState Release::environment(EnvironmentId environment) const noexcept {
  return machine_->environment(environment);
}

Result<PendingReason> Release::why_pending(EnvironmentId environment) const noexcept {
  return guarded([&]() -> Result<PendingReason> { return machine_->why_pending(environment); });
}

Result<std::vector<OutstandingCommand>> Release::outstanding() const noexcept {
  return guarded([&]() -> Result<std::vector<OutstandingCommand>> {
    std::vector<OutstandingCommand> commands;
    commands.reserve(machine_->state().commands.outstanding());
    machine_->state().commands.each_outstanding(
        [&](const detail::CommandSlot& slot, detail::SlotIndex) {
          commands.push_back(
              {machine_->to_command(slot), slot.suspended,
               slot.due == detail::kNever ? std::nullopt : std::optional(detail::instant(slot.due)),
               slot.room == detail::Room::Queued});
        });
    return commands;
  });
}

Context Release::context() const noexcept {
  return Context(machine_->state().context.state().get());
}

Result<std::vector<ContextConflict>> Release::context_conflicts() const noexcept {
  return guarded([&]() -> Result<std::vector<ContextConflict>> {
    std::vector<ContextConflict> conflicts;
    conflicts.reserve(machine_->state().conflicts.size());
    for (const detail::ContextNote& conflict : machine_->state().conflicts) {
      conflicts.push_back({conflict.key, conflict.earlier, conflict.later});
    }
    return conflicts;
  });
}

Result<std::vector<RejectedExport>> Release::rejected_exports() const noexcept {
  return guarded([&]() -> Result<std::vector<RejectedExport>> {
    std::vector<RejectedExport> rejections;
    rejections.reserve(machine_->state().rejections.size());
    for (const detail::Rejection& rejection : machine_->state().rejections) {
      rejections.push_back({rejection.ticket, rejection.reason, rejection.text});
    }
    return rejections;
  });
}

Result<std::string> Release::describe() const noexcept {
  return guarded([&]() -> Result<std::string> { return detail::describe(*machine_); });
}

Result<std::string> Release::snapshot() const noexcept {
  return guarded([&]() -> Result<std::string> { return detail::save_snapshot(*machine_); });
}

Result<Release> Release::restore(Flow flow, std::string_view snapshot) noexcept {
  return guarded([&]() -> Result<Release> {
    auto machine = detail::restore_snapshot(std::move(flow), snapshot);
    if (!machine) { return tl::unexpected(std::move(machine.error())); }
    return Release(std::move(*machine));
  });
}

}  // namespace promoflow
