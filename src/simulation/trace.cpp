// SPDX-License-Identifier: Apache-2.0
// Trace: the records of a simulated release as values.
#include <fmt/format.h>

#include <algorithm>

#include "base/guard.hpp"
#include "promoflow/simulation.hpp"
#include "release/record.hpp"
#include "release/start.hpp"
#include "simulation/trace_data.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

using detail::kNone32;
using detail::RecordKind;

detail::RawCommand raw_command(const detail::TraceData& data, const detail::RecordItem& item) {
  const detail::TracedCommand& kept = data.commands[item.ref];
  return {item.ticket,
          kept.entity,
          kept.hook,
          kept.attempt,
          kept.state,
          kept.context == kNone32 ? nullptr : data.contexts[kept.context].get(),
          kept.failure == kNone32 ? nullptr : data.failures[kept.failure].get()};
}

/// The refusal behind the record at `index`; null: that record is not about one.
const detail::TracedRefusal* find_refusal(const detail::TraceData& data, std::size_t index) {
  const auto found = std::lower_bound(
      data.refused.begin(), data.refused.end(), index,
      [](const detail::TracedRefusal& refusal, std::size_t at) { return refusal.item < at; });
  return found != data.refused.end() && found->item == index ? &*found : nullptr;
}

/// The records of one kind, as values.
template <class T>
Result<std::vector<T>> records_of(const Trace& trace, RecordKind kind) noexcept {
  return detail::guarded([&]() -> Result<std::vector<T>> {
    if (trace.size() == 0) { return tl::unexpected(detail::moved_from("trace")); }
    std::vector<T> found;
    for (std::size_t i = 0; i < trace.size(); ++i) {
      if (trace.data().items[i].kind == kind) { found.push_back(std::get<T>(trace[i].what)); }
    }
    return found;
  });
}

}  // namespace

Trace::Trace(std::unique_ptr<detail::TraceData> data) noexcept
    : data_(std::move(data)), flow_(data_->flow) {}
Trace::Trace(Trace&&) noexcept = default;
Trace& Trace::operator=(Trace&&) noexcept = default;
Trace::~Trace() = default;

std::size_t Trace::size() const noexcept { return data_ ? data_->items.size() : 0; }

Record Trace::operator[](std::size_t index) const noexcept {
  const detail::RecordItem& item = data_->items[index];
  if (item.kind == RecordKind::Retry && item.ref == kNone32) {
    const detail::TracedRefusal& refusal = *find_refusal(*data_, index);
    return {detail::instant(item.at), Refused{refusal.action, refusal.error, refusal.by}};
  }
  detail::RecordReference reference;
  if (item.kind == RecordKind::Command) {
    reference.command = raw_command(*data_, item);
  } else if (item.ref != kNone32) {
    if (refers_to_text(item.kind)) { reference.text = data_->texts[item.ref].get(); }
    if (refers_to_request(item.kind)) { reference.request = data_->requests[item.ref].get(); }
    if (item.kind == RecordKind::Conflict) {
      reference.conflict = &data_->machine->state().conflicts[item.ref];
    }
  }
  return detail::to_record(item, reference, data_->machine->flow(), data_->machine->defaults());
}

Instant Trace::origin() const noexcept { return Instant{}; }

const Flow& Trace::flow() const noexcept { return flow_; }

const ReleaseInfo& Trace::info() const noexcept {
  return data_ ? data_->machine->info() : detail::no_release_info();
}

ReleaseStatus Trace::status() const noexcept {
  return data_ ? data_->machine->state().status : ReleaseStatus{};
}

std::string_view Trace::message() const noexcept {
  return data_ ? data_->machine->message(data_->machine->flow().size()) : std::string_view();
}

EnvironmentState Trace::environment(EnvironmentId environment) const noexcept {
  return data_ ? data_->machine->environment(environment) : EnvironmentState{};
}

Context Trace::context() const noexcept {
  return data_ ? Context(data_->machine->state().context.state().get()) : Context();
}

Result<std::vector<ContextConflict>> Trace::context_conflicts() const noexcept {
  return records_of<ContextConflict>(*this, RecordKind::Conflict);
}

Result<std::vector<KeyShadowed>> Trace::shadowed_keys() const noexcept {
  return records_of<KeyShadowed>(*this, RecordKind::Shadowed);
}

Result<std::vector<RunHook>> Trace::hooks(Point point,
                                          std::optional<EnvironmentId> environment) const noexcept {
  return detail::guarded([&]() -> Result<std::vector<RunHook>> {
    if (!data_) { return tl::unexpected(detail::moved_from("trace")); }
    std::vector<RunHook> found;
    for (const detail::RecordItem& item : data_->items) {
      if (item.kind != RecordKind::Command) { continue; }
      const detail::RawCommand raw = raw_command(*data_, item);
      const Command command =
          detail::to_command(raw, data_->machine->flow(), data_->machine->defaults());
      const RunHook* hook = std::get_if<RunHook>(&command);
      if (hook != nullptr && hook->point == point &&
          (!environment || hook->environment == environment)) {
        found.push_back(*hook);
      }
    }
    return found;
  });
}

Result<std::string> Trace::to_jsonl(std::size_t bytes_max) const noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    if (!data_) { return tl::unexpected(detail::moved_from("trace")); }
    std::string out;
    for (std::size_t i = 0; i < size(); ++i) {
      detail::append_record(out, (*this)[i], origin());
      out += '\n';
      if (out.size() > bytes_max) {
        return tl::unexpected(Error{
            ErrorCode::LimitExceeded, "bytes_max",
            fmt::format("the text of the trace is larger than {} bytes, and has {} of {} lines by "
                        "then; write it line by line, with to_json() of each record",
                        bytes_max, i + 1, size())});
      }
    }
    return out;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
