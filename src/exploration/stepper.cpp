// SPDX-License-Identifier: Apache-2.0
// One step of a release: X1's choices, carried out at one moment that never changes.
#include "exploration/stepper.hpp"

#include "base/guard.hpp"
#include "release/start.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kFailure = "it failed";

std::unique_ptr<Machine> started(const Flow& flow) {
  return value_or_throw(start_machine(flow.data(), {.id = "simulated"}, Instant{}, {}, {}));
}

/// A wait of 0s ends before anything else happens.
void end_waits_of_zero(Machine& machine) {
  while (machine.next_timer() && *machine.next_timer() <= instant(machine.state().now)) {
    (void)machine.apply({instant(machine.state().now), Tick{}});
  }
}

bool apply(Machine& machine, const Event::What& what) {
  return machine.apply({instant(machine.state().now), what}).has_value();
}

}  // namespace

bool carry_out(Machine& machine, const Choice& choice) {
  const SlotIndex index = machine.state().entities[choice.entity].slot;
  const CommandSlot slot = index != kNone32 ? machine.state().commands[index] : CommandSlot{};
  const Ticket ticket{slot.ticket};
  bool taken = true;
  switch (choice.kind) {
    case ChoiceKind::Succeed:
      taken = slot.is_hook() ? apply(machine, HookSucceeded{ticket, std::nullopt})
                             : apply(machine, PromotionSucceeded{ticket});
      break;
    case ChoiceKind::Fail:
      taken = slot.is_hook() ? apply(machine, HookFailed{ticket, kFailure, std::nullopt})
                             : apply(machine, PromotionFailed{ticket, kFailure});
      break;
    case ChoiceKind::FailInSoak: taken = apply(machine, PromotionFailed{ticket, kFailure}); break;
    case ChoiceKind::Attempt:
    case ChoiceKind::SoakEnds:
    case ChoiceKind::Expire: machine.fire(index); break;
    case ChoiceKind::Suspend: taken = apply(machine, Suspended{ticket}); break;
    case ChoiceKind::Resume: taken = apply(machine, Resumed{ticket}); break;
    case ChoiceKind::Deadline: machine.fire_deadline(); break;
    case ChoiceKind::Terminate: taken = apply(machine, Terminate{"stopped"}); break;
    case ChoiceKind::Force: taken = apply(machine, Terminate{"stopped at once", true}); break;
    case ChoiceKind::Retry: taken = apply(machine, Retry{}); break;
    case ChoiceKind::Skip:
      taken = apply(machine, Skip{machine.flow().names[choice.entity], "not needed"});
      break;
  }
  end_waits_of_zero(machine);
  return taken;
}

Stepper::Stepper(const Flow& flow, const ExplorationOptions& options)
    : flow_(flow),
      options_(options),
      has_budgets_(options.terminate || options.skip || options.retries_max > 0),
      machine_(started(flow)),
      places_(flow.data()) {}

void Stepper::start() {
  machine_ = started(flow_);
  place_of_ticket_.clear();
  used_ = {};
}

void Stepper::load(std::span<const std::uint8_t> code) {
  std::size_t at = machine_->adopt(code);
  if (has_budgets_) {
    used_.terminations = code[at] & 3U;
    used_.skips = code[at++] >> 2U & 1U;
    used_.retries = 0;
    for (unsigned shift = 0; at < code.size(); shift += 8) {
      used_.retries |= std::uint32_t{code[at++]} << shift;
    }
  }
  place_of_ticket_.clear();
  machine_->state().commands.each_alive([this](const CommandSlot& slot) {
    place_of_ticket_.resize(static_cast<std::size_t>(slot.ticket) + 1);
    place_of_ticket_[static_cast<std::size_t>(slot.ticket)] = places_.find(slot);
  });
}

void Stepper::encode(std::vector<std::uint8_t>& out) const {
  out.clear();
  machine_->encode(out);
  if (!has_budgets_) { return; }
  out.push_back(static_cast<std::uint8_t>(used_.terminations | used_.skips << 2U));
  for (std::uint32_t left = used_.retries; left != 0; left >>= 8U) {
    out.push_back(static_cast<std::uint8_t>(left & 0xFFU));
  }
}

void Stepper::entity_choices(const CommandSlot& slot, std::vector<Choice>& out) const {
  const EntityIndex entity = slot.entity;
  switch (slot.status) {
    case SlotStatus::Outstanding:
      out.push_back({ChoiceKind::Succeed, entity});
      out.push_back({ChoiceKind::Fail, entity});
      if (options_.timeouts && machine_->length_of(slot) != kNever) {
        out.push_back({ChoiceKind::Expire, entity});
      }
      if (options_.suspend) {
        out.push_back({slot.suspended ? ChoiceKind::Resume : ChoiceKind::Suspend, entity});
      }
      return;
    case SlotStatus::AwaitingAttempt: out.push_back({ChoiceKind::Attempt, entity}); return;
    case SlotStatus::Soaking:
      out.push_back({ChoiceKind::SoakEnds, entity});
      out.push_back({ChoiceKind::FailInSoak, entity});
      return;
    case SlotStatus::Free:
    case SlotStatus::Settled: return;
  }
}

void Stepper::choices(std::vector<Choice>& out) const {
  out.clear();
  const ReleaseState& state = machine_->state();
  state.commands.each_alive([&](const CommandSlot& slot) { entity_choices(slot, out); });
  const bool ended = is_ended();
  if (options_.timeouts && state.deadline != kNever) { out.push_back({ChoiceKind::Deadline}); }
  if (options_.terminate && used_.terminations < 2 && !ended) {
    out.push_back({used_.terminations == 0 ? ChoiceKind::Terminate : ChoiceKind::Force});
  }
  if (used_.retries < options_.retries_max && ended) { out.push_back({ChoiceKind::Retry}); }
  if (options_.skip && used_.skips == 0) {
    for (EntityIndex e = 0; e < machine_->flow().size(); ++e) {
      if (next_state(state.entities[e].state, Input::Skip)) {
        out.push_back({ChoiceKind::Skip, e});
      }
    }
  }
}

bool Stepper::take(const Choice& choice) {
  if (!carry_out(*machine_, choice)) { return false; }
  if (choice.kind == ChoiceKind::Terminate) { used_.terminations = 1; }
  if (choice.kind == ChoiceKind::Force) { used_.terminations = 2; }
  if (choice.kind == ChoiceKind::Retry) { ++used_.retries; }
  if (choice.kind == ChoiceKind::Skip) { used_.skips = 1; }
  return true;
}

std::string Stepper::statuses() const {
  const ReleaseState& release = machine_->state();
  std::string statuses(1, static_cast<char>(release.status));
  for (EntityIndex e = 0; e < machine_->flow().size(); ++e) {
    statuses += static_cast<char>(release.entities[e].status());
  }
  return statuses;
}

void Stepper::facts(std::vector<Fact>& out) const {
  out.clear();
  const ReleaseState& state = machine_->state();
  const auto at = [&](std::uint64_t ticket, PlaceEvent event) {
    out.push_back(Places::fact(place_of_ticket_[static_cast<std::size_t>(ticket)], event));
  };
  state.records.each_waiting([&](const RecordItem& item) {
    switch (item.kind) {
      case RecordKind::ReleaseStatus:
        out.push_back(places_.status(state.entities.release_index(), item.status));
        break;
      case RecordKind::EnvironmentStatus:
        out.push_back(places_.status(item.ref, item.status));
        break;
      case RecordKind::Command:
        out.push_back(Places::fact(places_.find(state.commands[item.ref]), PlaceEvent::Issued));
        break;
      case RecordKind::Cancel: at(item.ticket, PlaceEvent::Cancelled); break;
      case RecordKind::HookSucceeded:
      case RecordKind::PromotionSucceeded: at(item.ticket, PlaceEvent::Succeeded); break;
      case RecordKind::HookFailed:
      case RecordKind::PromotionFailed: at(item.ticket, PlaceEvent::Failed); break;
      case RecordKind::Suspended:
      case RecordKind::Resumed:
      case RecordKind::Terminate:
      case RecordKind::Retry:
      case RecordKind::Skip:
      case RecordKind::Queued:
      case RecordKind::Started:
      case RecordKind::Soaked:
      case RecordKind::Conflict:
      case RecordKind::Shadowed: break;
    }
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
