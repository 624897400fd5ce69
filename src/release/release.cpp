// SPDX-License-Identifier: Apache-2.0
// Release: the machine's public interface, and the guard at the library's border.
#include "promoflow/release.hpp"

#include "base/guard.hpp"
#include "release/machine.hpp"
#include "release/snapshot.hpp"
#include "release/start.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

using detail::guarded;

namespace {

OutstandingCommand to_outstanding(const detail::Machine& machine, const detail::CommandSlot& slot) {
  return {machine.to_command(slot), slot.suspended,
          slot.due == detail::kNever ? std::nullopt : std::optional(detail::instant(slot.due)),
          slot.room == detail::Room::Queued};
}

const EnvironmentSelection& no_selection() noexcept {
  static const EnvironmentSelection kNone{};  // No literal type with every standard library.
  return kNone;
}

/// What a release that was moved from answers.
auto gone() { return tl::unexpected(detail::moved_from("release")); }

}  // namespace

const ReleaseInfo& detail::no_release_info() noexcept {
  static const ReleaseInfo kNone{};
  return kNone;
}

Release::Release(std::unique_ptr<detail::Machine> machine, Flow&& flow) noexcept
    : machine_(std::move(machine)), flow_(std::move(flow).take_data()) {}
Release::Release(Release&&) noexcept = default;
Release& Release::operator=(Release&&) noexcept = default;
Release::~Release() = default;

Result<Release> Release::start(Flow flow, ReleaseInfo info, Instant now, std::string_view context,
                               const EnvironmentSelection& selection) noexcept {
  return guarded([&]() -> Result<Release> {
    auto machine = detail::start_machine(flow.data(), std::move(info), now, context, selection);
    if (!machine) { return tl::unexpected(std::move(machine.error())); }
    return Release(std::move(*machine), std::move(flow));
  });
}

Result<Release> Release::start(Flow flow, ReleaseInfo info, Instant now,
                               std::string_view context) noexcept {
  return start(Flow(std::move(flow).take_data()), std::move(info), now, context, no_selection());
}

Result<Release> Release::start(Flow flow, const Event& first) noexcept {
  return guarded([&]() -> Result<Release> {
    const auto* what = std::get_if<ReleaseStarted>(&first.what);
    if (what == nullptr || what->info == nullptr) {
      return tl::unexpected(Error{ErrorCode::InvalidEvent, "event",
                                  "a journal begins with the start of its release"});
    }
    if (what->fingerprint != flow.fingerprint()) {
      return tl::unexpected(Error{ErrorCode::SnapshotOfOtherFlow, "fingerprint",
                                  "the journal is of a release of another flow; recover it with "
                                  "the manifest that it was started with"});
    }
    return start(flow, *what->info, first.at, what->context,
                 what->selection != nullptr ? *what->selection : no_selection());
  });
}

PROMOFLOW_FLATTEN Result<void> Release::apply(const Event& event) noexcept {
  return guarded([&]() -> Result<void> {
    if (!machine_) { return gone(); }
    return machine_->apply(event);
  });
}

std::optional<Command> Release::next_command() noexcept {
  if (!machine_) { return std::nullopt; }
  return machine_->next_command();
}

std::optional<Record> Release::next_record() noexcept {
  detail::RecordItem item{};
  if (!machine_ || !machine_->take(item)) { return std::nullopt; }
  return machine_->to_record(item);
}

Result<void> Release::reissue() noexcept {
  return guarded([&]() -> Result<void> {
    if (!machine_) { return gone(); }
    machine_->reissue();
    return {};
  });
}

std::optional<Instant> Release::next_timer() const noexcept {
  return machine_ ? machine_->next_timer() : std::nullopt;
}

Result<std::string> Release::key(Ticket ticket) const noexcept {
  return guarded([&]() -> Result<std::string> {
    if (!machine_) { return gone(); }
    return machine_->info().id + '/' + std::to_string(static_cast<std::uint64_t>(ticket));
  });
}

const Flow& Release::flow() const noexcept { return flow_; }

const ReleaseInfo& Release::info() const noexcept {
  return machine_ ? machine_->info() : detail::no_release_info();
}

ReleaseStatus Release::status() const noexcept {
  return machine_ ? machine_->state().status : ReleaseStatus{};
}

std::string_view Release::phase() const noexcept {
  return machine_ ? machine_->phase(machine_->flow().size()) : std::string_view();
}

std::string_view Release::message() const noexcept {
  return machine_ ? machine_->message(machine_->flow().size()) : std::string_view();
}

EnvironmentState Release::environment(EnvironmentId environment) const noexcept {
  return machine_ ? machine_->environment(environment) : EnvironmentState{};
}

Result<PendingReason> Release::why_pending(EnvironmentId environment) const noexcept {
  return guarded([&]() -> Result<PendingReason> {
    if (!machine_) { return gone(); }
    return machine_->why_pending(environment);
  });
}

Result<std::vector<OutstandingCommand>> Release::outstanding() const noexcept {
  return guarded([&]() -> Result<std::vector<OutstandingCommand>> {
    if (!machine_) { return gone(); }
    std::vector<OutstandingCommand> commands;
    commands.reserve(machine_->state().commands.outstanding());
    machine_->state().commands.each_outstanding(
        [&](const detail::CommandSlot& slot, detail::SlotIndex) {
          commands.push_back(to_outstanding(*machine_, slot));
        });
    return commands;
  });
}

Result<std::optional<OutstandingCommand>> Release::outstanding(Ticket ticket) const noexcept {
  return guarded([&]() -> Result<std::optional<OutstandingCommand>> {
    if (!machine_) { return gone(); }
    const detail::Commands& commands = machine_->state().commands;
    const detail::SlotIndex slot = commands.find(static_cast<std::uint64_t>(ticket));
    if (slot == detail::kNone32) { return std::nullopt; }
    return to_outstanding(*machine_, commands[slot]);
  });
}

Context Release::context() const noexcept {
  return machine_ ? Context(machine_->state().context.state().get()) : Context();
}

Result<std::vector<ContextConflict>> Release::context_conflicts() const noexcept {
  return guarded([&]() -> Result<std::vector<ContextConflict>> {
    if (!machine_) { return gone(); }
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
    if (!machine_) { return gone(); }
    std::vector<RejectedExport> rejections;
    rejections.reserve(machine_->state().rejections.size());
    for (const detail::Rejection& rejection : machine_->state().rejections) {
      rejections.push_back({rejection.ticket, rejection.reason, rejection.text});
    }
    return rejections;
  });
}

Result<std::string> Release::describe() const noexcept {
  return guarded([&]() -> Result<std::string> {
    if (!machine_) { return gone(); }
    return detail::describe(*machine_);
  });
}

Result<std::string> Release::snapshot() const noexcept {
  return guarded([&]() -> Result<std::string> {
    if (!machine_) { return gone(); }
    return detail::save_snapshot(*machine_);
  });
}

Result<Release> Release::restore(Flow flow, std::string_view snapshot) noexcept {
  return guarded([&]() -> Result<Release> {
    auto machine = detail::restore_snapshot(flow.data(), snapshot);
    if (!machine) { return tl::unexpected(std::move(machine.error())); }
    return Release(std::move(*machine), std::move(flow));
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
