// SPDX-License-Identifier: Apache-2.0
// Release: the public face of the machine, and the guard at its border.
#include "promoflow/release.hpp"

#include "base/guard.hpp"
#include "base/utf8.hpp"
#include "context/context_data.hpp"
#include "release/machine.hpp"
#include "release/snapshot.hpp"

namespace promoflow {

using detail::guarded;

Release::Release(std::unique_ptr<detail::Machine> machine) noexcept
    : machine_(std::move(machine)) {}
Release::Release(Release&&) noexcept = default;
Release& Release::operator=(Release&&) noexcept = default;
Release::~Release() = default;

Result<Release> Release::start(Flow flow, ReleaseInfo info, Instant now,
                               std::string_view context) noexcept {
  return guarded([&]() -> Result<Release> {
    if (info.id.empty()) {
      return tl::unexpected(Error{ErrorCode::InvalidArgument, "info.id",
                                  "the release's id is required; give each release its own"});
    }
    for (std::string* text :
         {&info.id, &info.url, &info.product, &info.version, &info.commit_sha}) {
      if (!detail::is_utf8(*text)) { *text = detail::to_utf8(*text); }
    }
    detail::Export given;
    if (!context.empty()) {
      std::string reason = detail::read_export(context, given);
      if (!reason.empty()) {
        return tl::unexpected(Error{ErrorCode::InvalidContext, "context",
                                    "the initial promotion context is " + reason});
      }
    }
    auto machine = std::make_unique<detail::Machine>(std::move(flow), std::move(info),
                                                     detail::first_context(given));
    machine->start(now);
    return Release(std::move(machine));
    // Not taken: destructors' ways for what is always, or never, empty here.
  });
}

Result<void> Release::apply(const Event& event) noexcept {
  if (machine_->apply_plain(event)) { return {}; }
  return guarded([&]() -> Result<void> {
    if (auto refused = machine_->apply(event)) { return tl::unexpected(std::move(*refused)); }
    return {};
  });
}

std::optional<Command> Release::next_command() noexcept { return machine_->next_command(); }

std::optional<Record> Release::next_record() noexcept {
  detail::Item item;
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
    return machine_->info_.id + '/' + std::to_string(static_cast<std::uint64_t>(ticket));
  });
}

const Flow& Release::flow() const noexcept { return machine_->flow_; }

const ReleaseInfo& Release::info() const noexcept { return machine_->info_; }

ReleaseStatus Release::status() const noexcept { return machine_->status_; }

std::string_view Release::phase() const noexcept {
  return machine_->phase(machine_->release_lane());
}

std::string_view Release::message() const noexcept {
  return machine_->message(machine_->release_lane());
}

EnvironmentState Release::environment(EnvironmentId environment) const noexcept {
  const std::uint32_t given = detail::index(environment);
  const detail::LaneIndex lane = given < machine_->flow().size() ? given : 0;
  return {machine_->lanes_[lane].get_status(), machine_->phase(lane), machine_->message(lane)};
}

Result<std::vector<OutstandingCommand>> Release::outstanding() const noexcept {
  return guarded([&]() -> Result<std::vector<OutstandingCommand>> {
    std::vector<OutstandingCommand> commands;
    commands.reserve(machine_->outstanding_);
    for (const detail::SlotIndex index : machine_->window_) {
      if (index != detail::kNone32) {
        const detail::Slot& slot = machine_->slots_[index];
        commands.push_back(
            {machine_->to_command(slot), slot.suspended,
             slot.due == detail::kNever ? std::nullopt : std::optional(detail::instant(slot.due))});
      }
    }
    return commands;
  });
}

Context Release::context() const noexcept { return Context(machine_->context().get()); }

Result<std::vector<ContextConflict>> Release::context_conflicts() const noexcept {
  return guarded([&]() -> Result<std::vector<ContextConflict>> {
    std::vector<ContextConflict> conflicts;
    conflicts.reserve(machine_->conflicts_.size());
    for (const detail::StoredConflict& conflict : machine_->conflicts_) {
      conflicts.push_back({conflict.key, conflict.earlier, conflict.later});
    }
    return conflicts;
  });
}

Result<std::vector<RejectedExport>> Release::rejected_exports() const noexcept {
  return guarded([&]() -> Result<std::vector<RejectedExport>> {
    std::vector<RejectedExport> rejections;
    rejections.reserve(machine_->rejections_.size());
    for (const detail::StoredRejection& rejection : machine_->rejections_) {
      rejections.push_back({rejection.ticket, rejection.reason, rejection.text});
    }
    return rejections;
  });
}

Result<std::string> Release::describe() const noexcept {
  return guarded([&]() -> Result<std::string> { return detail::Snapshots::describe(*machine_); });
}

Result<std::string> Release::snapshot() const noexcept {
  return guarded([&]() -> Result<std::string> { return detail::Snapshots::save(*machine_); });
}

Result<Release> Release::restore(Flow flow, std::string_view snapshot) noexcept {
  return guarded([&]() -> Result<Release> {
    auto machine = detail::Snapshots::restore(std::move(flow), snapshot);
    if (!machine) { return tl::unexpected(std::move(machine.error())); }
    return Release(std::move(*machine));
  });
}

}  // namespace promoflow
