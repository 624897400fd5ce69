// SPDX-License-Identifier: Apache-2.0
// Trace: the records of a simulated release as values.
#include <algorithm>

#include "base/guard.hpp"
#include "promoflow/simulation.hpp"
#include "release/record.hpp"
#include "simulation/trace_data.hpp"

namespace promoflow {

namespace {

using detail::ItemKind;
using detail::kNone32;

detail::RawCommand raw_command(const detail::TraceData& data, const detail::Item& item) {
  const detail::TracedCommand& kept = data.commands[item.ref];
  return {item.ticket,
          kept.lane,
          kept.hook,
          kept.attempt,
          kept.stage,
          kept.context == kNone32 ? nullptr : data.contexts[kept.context].get(),
          kept.failure == kNone32 ? nullptr : data.failures[kept.failure].get()};
}

/// The refusal that stands behind a record; null: it is what it says.
const detail::TracedRefusal* find_refusal(const detail::TraceData& data, std::size_t index) {
  const auto found = std::lower_bound(
      data.refused.begin(), data.refused.end(), index,
      [](const detail::TracedRefusal& refusal, std::size_t at) { return refusal.item < at; });
  return found != data.refused.end() && found->item == index ? &*found : nullptr;
}

}  // namespace

Trace::Trace(std::unique_ptr<detail::TraceData> data) noexcept : data_(std::move(data)) {}
Trace::Trace(Trace&&) noexcept = default;
Trace& Trace::operator=(Trace&&) noexcept = default;
Trace::~Trace() = default;

std::size_t Trace::size() const noexcept { return data_->items.size(); }

Record Trace::operator[](std::size_t index) const noexcept {
  const detail::Item& item = data_->items[index];
  const detail::FlowData& flow = data_->release.flow().data();
  if (item.kind == ItemKind::Retry) {
    if (const detail::TracedRefusal* refusal = find_refusal(*data_, index)) {
      return {detail::instant(item.at),
              Refused{refusal->retry ? "retry" : "terminate", refusal->error}};
    }
  }
  const bool has_text = item.kind >= ItemKind::HookSucceeded && item.ref != kNone32;
  const std::string_view text =
      has_text ? std::string_view(*data_->texts[item.ref]) : std::string_view();
  const detail::RawCommand command =
      item.kind == ItemKind::Command ? raw_command(*data_, item) : detail::RawCommand{};
  return detail::to_record(item, text, has_text, command, flow, data_->defaults);
}

Instant Trace::origin() const noexcept { return Instant{}; }

const Flow& Trace::flow() const noexcept { return data_->release.flow(); }

const ReleaseInfo& Trace::info() const noexcept { return data_->release.info(); }

ReleaseStatus Trace::status() const noexcept { return data_->release.status(); }

std::string_view Trace::message() const noexcept { return data_->release.message(); }

EnvironmentState Trace::environment(EnvironmentId environment) const noexcept {
  return data_->release.environment(environment);
}

Context Trace::context() const noexcept { return data_->release.context(); }

Result<std::vector<RunHook>> Trace::hooks(Point point,
                                          std::optional<EnvironmentId> environment) const noexcept {
  return detail::guarded([&]() -> Result<std::vector<RunHook>> {
    std::vector<RunHook> found;
    for (const detail::Item& item : data_->items) {
      if (item.kind != ItemKind::Command) { continue; }
      const detail::RawCommand raw = raw_command(*data_, item);
      const Command command =
          detail::to_command(raw, data_->release.flow().data(), data_->defaults);
      const RunHook* hook = std::get_if<RunHook>(&command);
      if (hook != nullptr && hook->point == point &&
          (!environment || hook->environment == environment)) {
        found.push_back(*hook);
      }
    }
    return found;
  });
}

Result<std::string> Trace::to_jsonl() const noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    std::string out;
    for (std::size_t i = 0; i < size(); ++i) {
      detail::append_record(out, (*this)[i], origin());
      out += '\n';
    }
    return out;
  });
}

}  // namespace promoflow
