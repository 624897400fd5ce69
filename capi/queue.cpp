// SPDX-License-Identifier: Apache-2.0
// The release queue of a product.
#include "promoflow/release_queue.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capi.hpp"

struct promoflow_queue {
  promoflow::ReleaseQueue queue;
  std::vector<promoflow::QueueCommand> commands{};  ///< Of the latest event.
};

namespace promoflow::capi {
namespace {

std::optional<QueueEvent> event_of(std::int32_t kind, promoflow_str release, promoflow_str detail) {
  std::string name(view(release));
  std::string more(view(detail));
  switch (kind) {
    case PROMOFLOW_QUEUE_REQUESTED: return ReleaseRequested{std::move(name), std::move(more)};
    case PROMOFLOW_QUEUE_BEGAN: return EnvironmentBegan{std::move(name), std::move(more)};
    case PROMOFLOW_QUEUE_LEFT: return EnvironmentLeft{std::move(name), std::move(more)};
    case PROMOFLOW_QUEUE_ENDED: return ReleaseEnded{std::move(name)};
    case PROMOFLOW_QUEUE_CANCELLED: return ReleaseCancelled{std::move(name)};
    default: return std::nullopt;
  }
}

promoflow_queue_command to_c(const QueueCommand& command) noexcept {
  promoflow_queue_command out{};
  out.struct_size = sizeof out;
  out.flow = out.environment = out.reason = out_text({});
  if (const auto* start = std::get_if<StartRelease>(&command)) {
    out.kind = PROMOFLOW_QUEUE_START;
    out.flow = out_text(start->flow);
  } else if (const auto* begin = std::get_if<BeginEnvironment>(&command)) {
    out.kind = PROMOFLOW_QUEUE_BEGIN;
    out.environment = out_text(begin->environment);
  } else if (const auto* terminate = std::get_if<TerminateRelease>(&command)) {
    out.kind = PROMOFLOW_QUEUE_TERMINATE;
    out.reason = out_text(terminate->reason);
  } else if (const auto* drop = std::get_if<DropRelease>(&command)) {
    out.kind = PROMOFLOW_QUEUE_DROP;
    out.reason = out_text(drop->reason);
  }
  out.release = std::visit(
      [](const auto& what) { return out_text(std::string_view(what.release)); }, command);
  return out;
}

}  // namespace
}  // namespace promoflow::capi

using namespace promoflow::capi;

promoflow_status promoflow_queue_new(int32_t mode, uint32_t waiting_max, promoflow_queue** out,
                                     promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    if (!is_within(mode, PROMOFLOW_QUEUE_MODE_QUEUE, PROMOFLOW_QUEUE_MODE_TERMINATE)) {
      return invalid_argument(error, "mode");
    }
    const promoflow::ReleaseQueueOptions options{static_cast<promoflow::QueueMode>(mode),
                                                 waiting_max};
    *out = new promoflow_queue{promoflow::ReleaseQueue(options)};
    return PROMOFLOW_OK;
  });
}

void promoflow_queue_free(promoflow_queue* queue) { delete queue; }

promoflow_status promoflow_queue_apply(promoflow_queue* queue, int32_t kind, promoflow_str release,
                                       promoflow_str detail, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"queue", queue}, {"release", release}, {"detail", detail}})) {
      return bad;
    }
    const auto event = event_of(kind, release, detail);
    if (!event) { return invalid_argument(error, "kind"); }
    auto commands = queue->queue.apply(*event);
    if (!commands) { return fail(error, commands.error()); }
    queue->commands = std::move(*commands);
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_queue_commands(const promoflow_queue* queue,
                                          promoflow_queue_command* out, size_t stride,
                                          size_t capacity, size_t* count, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"queue", queue}, {"out", out, capacity}, {"count", count}})) {
      return bad;
    }
    if (caller_size<promoflow_queue_command>(stride) == 0) {
      return invalid_argument(error, "stride");
    }
    return fill(out, stride, capacity, count, queue->commands.size(),
                [&](std::size_t i) { return to_c(queue->commands[i]); });
  });
}

promoflow_status promoflow_queue_status(const promoflow_queue* queue, promoflow_str release,
                                        int32_t* out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"queue", queue}, {"release", release}, {"out", out}})) {
      return bad;
    }
    const auto status = queue->queue.status(utf8_text(release));
    if (!status) { return PROMOFLOW_DONE; }
    *out = static_cast<std::int32_t>(*status);
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_queue_holder(const promoflow_queue* queue, promoflow_str environment,
                                        promoflow_str* out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"queue", queue}, {"environment", environment}, {"out", out}})) {
      return bad;
    }
    const std::string_view holder = queue->queue.holder(utf8_text(environment));
    if (holder.empty()) { return PROMOFLOW_DONE; }
    *out = out_text(holder);
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_queue_releases(const promoflow_queue* queue, promoflow_str* out,
                                          size_t capacity, size_t* count, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"queue", queue}, {"out", out, capacity}, {"count", count}})) {
      return bad;
    }
    const std::vector<std::string_view> releases = queue->queue.releases();
    return fill_plain(out, capacity, count, releases.size(),
                      [&](std::size_t i) { return out_text(releases[i]); });
  });
}

promoflow_status promoflow_queue_snapshot(const promoflow_queue* queue, promoflow_buffer** out,
                                          promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"queue", queue}, {"out", out}})) { return bad; }
    return give_text(error, out, queue->queue.snapshot());
  });
}

promoflow_status promoflow_queue_restore(promoflow_str snapshot, promoflow_queue** out,
                                         promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"snapshot", snapshot}, {"out", out}})) { return bad; }
    auto restored = promoflow::ReleaseQueue::restore(view(snapshot));
    if (!restored) { return fail(error, restored.error()); }
    *out = new promoflow_queue{std::move(*restored)};
    return PROMOFLOW_OK;
  });
}
