// SPDX-License-Identifier: Apache-2.0
// Releases: their life, events and state.
#include "capi.hpp"

namespace promoflow::capi {

promoflow_release_info to_c(const ReleaseInfo& info) noexcept {
  promoflow_release_info out{};
  out.id = out_text(info.id);
  out.url = out_text(info.url);
  out.product = out_text(info.product);
  out.version = out_text(info.version);
  out.commit_sha = out_text(info.commit_sha);
  return out;
}

promoflow_status from_c(promoflow_error** error, const char* name, const promoflow_release_info* in,
                        ReleaseInfo& out) {
  promoflow_release_info given{};
  if (const auto bad = take_struct(error, name, in, given)) { return bad; }
  if (const auto bad = need(error, {{"info.id", given.id},
                                    {"info.url", given.url},
                                    {"info.product", given.product},
                                    {"info.version", given.version},
                                    {"info.commit_sha", given.commit_sha}})) {
    return bad;
  }
  out.id = view(given.id);
  out.url = view(given.url);
  out.product = view(given.product);
  out.version = view(given.version);
  out.commit_sha = view(given.commit_sha);
  return PROMOFLOW_OK;
}

bool from_c(const promoflow_event& in, Event& out) noexcept {
  const Ticket ticket{in.ticket};
  out.at = instant(in.at_ms);
  switch (in.kind) {
    case PROMOFLOW_EVENT_TICK: out.what = Tick{}; return true;
    case PROMOFLOW_EVENT_HOOK_SUCCEEDED:
      out.what = HookSucceeded{ticket, optional_view(in.context)};
      return true;
    case PROMOFLOW_EVENT_HOOK_FAILED:
      out.what = HookFailed{ticket, view(in.text), optional_view(in.context)};
      return true;
    case PROMOFLOW_EVENT_PROMOTION_SUCCEEDED: out.what = PromotionSucceeded{ticket}; return true;
    case PROMOFLOW_EVENT_PROMOTION_FAILED:
      out.what = PromotionFailed{ticket, view(in.text)};
      return true;
    case PROMOFLOW_EVENT_SUSPENDED: out.what = Suspended{ticket}; return true;
    case PROMOFLOW_EVENT_RESUMED: out.what = Resumed{ticket}; return true;
    case PROMOFLOW_EVENT_TERMINATE: out.what = Terminate{view(in.text)}; return true;
    case PROMOFLOW_EVENT_RETRY: out.what = Retry{}; return true;
    default: return false;  // Another number than these.
  }
}

namespace {

promoflow_status apply(promoflow_error** error, promoflow_release& release,
                       const promoflow_event& in) {
  if (const auto bad = need(error, {{"event.text", in.text}, {"event.context", in.context}})) {
    return bad;
  }
  Event event;
  if (!from_c(in, event)) { return meaningless(error, "event.kind"); }
  release.change();
  const auto applied = release.release.apply(event);
  return applied ? PROMOFLOW_OK : fail(error, applied.error());
}

/// R13: refused because of what it says; another event may well be taken.
bool is_refusal(promoflow_status status) noexcept {
  return is_within(status, PROMOFLOW_E_NOT_ALLOWED, PROMOFLOW_E_UNKNOWN_TICKET);
}

}  // namespace

}  // namespace promoflow::capi

using namespace promoflow::capi;

promoflow_status promoflow_release_start(const promoflow_flow* flow,
                                         const promoflow_release_info* info, int64_t now_ms,
                                         promoflow_str context, promoflow_release** out,
                                         promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"context", context}, {"out", out}})) {
      return bad;
    }
    promoflow::ReleaseInfo given;
    if (const auto bad = from_c(error, "info", info, given)) { return bad; }
    auto release =
        promoflow::Release::start(flow->flow, std::move(given), instant(now_ms), view(context));
    if (!release) { return fail(error, release.error()); }
    *out = new promoflow_release(std::move(*release));
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_release_restore(const promoflow_flow* flow, promoflow_str snapshot,
                                           promoflow_release** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"snapshot", snapshot}, {"out", out}})) {
      return bad;
    }
    auto release = promoflow::Release::restore(flow->flow, view(snapshot));
    if (!release) { return fail(error, release.error()); }
    *out = new promoflow_release(std::move(*release));
    return PROMOFLOW_OK;
  });
}

void promoflow_release_free(promoflow_release* release) { delete release; }

promoflow_status promoflow_release_apply(promoflow_release* release, const promoflow_event* event,
                                         promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}})) { return bad; }
    promoflow_event copy{};
    const promoflow_event* given = nullptr;
    if (const auto bad = look_at_struct(error, "event", event, copy, given)) { return bad; }
    return apply(error, *release, *given);
  });
}

promoflow_status promoflow_release_apply_many(promoflow_release* release,
                                              const promoflow_event* events, size_t stride,
                                              size_t count, promoflow_status* statuses,
                                              size_t* applied, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"release", release}, {"events", events, count}, {"applied", applied}})) {
      return bad;
    }
    *applied = 0;
    const auto one = [&](std::size_t i, const promoflow_event& event) {
      const bool goes_on = statuses != nullptr;
      promoflow_status status = apply(goes_on ? nullptr : error, *release, event);
      if (goes_on) {
        statuses[i] = status;
        if (is_refusal(status)) { status = PROMOFLOW_OK; }
        if (status != PROMOFLOW_OK) {
          status = fail(error, status, "events", "see the event's own status");
        }
      }
      if (status == PROMOFLOW_OK) { *applied = i + 1; }
      return status;
    };
    return each_struct(error, "events", events, stride, count, one);
  });
}

promoflow_status promoflow_event_json(const promoflow_event* event, promoflow_buffer** out,
                                      promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    promoflow_event given{};
    if (const auto bad = take_struct(error, "event", event, given)) { return bad; }
    if (const auto bad =
            need(error, {{"event.text", given.text}, {"event.context", given.context}})) {
      return bad;
    }
    promoflow::Event made;
    return from_c(given, made) ? give_text(error, out, promoflow::to_json(made))
                               : meaningless(error, "event.kind");
  });
}

promoflow_status promoflow_release_apply_json(promoflow_release* release, promoflow_str line,
                                              promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"line", line}})) { return bad; }
    const auto stored = promoflow::StoredEvent::read(view(line));
    if (!stored) { return fail(error, stored.error()); }
    release->change();
    const auto applied = release->release.apply(stored->event());
    return applied ? PROMOFLOW_OK : fail(error, applied.error());
  });
}

promoflow_status promoflow_release_key(const promoflow_release* release, uint64_t ticket,
                                       promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"out", out}})) { return bad; }
    return give_text(error, out, release->release.key(promoflow::Ticket{ticket}));
  });
}

promoflow_status promoflow_release_reissue(promoflow_release* release, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}})) { return bad; }
    release->change();
    const auto done = release->release.reissue();
    return done ? PROMOFLOW_OK : fail(error, done.error());
  });
}

promoflow_status promoflow_release_next_timer(const promoflow_release* release, int64_t* out_ms) {
  if (const auto bad = need(nullptr, {{"release", release}, {"out_ms", out_ms}})) { return bad; }
  const auto timer = release->release.next_timer();
  if (!timer) { return PROMOFLOW_DONE; }
  *out_ms = millis(*timer);
  return PROMOFLOW_OK;
}

promoflow_status promoflow_release_flow(const promoflow_release* release, promoflow_flow** out,
                                        promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"out", out}})) { return bad; }
    return give_flow(out, release->release.flow());
  });
}

promoflow_status promoflow_release_info_of(const promoflow_release* release,
                                           promoflow_release_info* out) {
  if (const auto bad = need(nullptr, {{"release", release}, {"out", out}})) { return bad; }
  return put_struct(out, [&] { return to_c(release->release.info()); });
}

promoflow_status promoflow_release_status(const promoflow_release* release, int32_t* out) {
  if (const auto bad = need(nullptr, {{"release", release}, {"out", out}})) { return bad; }
  *out = static_cast<std::int32_t>(release->release.status());
  return PROMOFLOW_OK;
}

promoflow_status promoflow_release_state(const promoflow_release* release, promoflow_state* out) {
  if (const auto bad = need(nullptr, {{"release", release}, {"out", out}})) { return bad; }
  return put_struct(out, [&] {
    promoflow_state made{};
    made.status = static_cast<std::int32_t>(release->release.status());
    made.phase = out_text(release->release.phase());
    made.message = out_text(release->release.message());
    return made;
  });
}

promoflow_status promoflow_release_environment(const promoflow_release* release,
                                               uint32_t environment, promoflow_state* out) {
  if (const auto bad = need(nullptr, {{"release", release}, {"out", out}})) { return bad; }
  if (!is_environment(release->release.flow(), environment)) {
    return meaningless(nullptr, "environment");
  }
  return put_struct(out, [&] {
    return to_c(release->release.environment(promoflow::EnvironmentId{environment}));
  });
}

promoflow_status promoflow_release_environments(const promoflow_release* release,
                                                promoflow_state* out, size_t stride,
                                                size_t capacity, size_t* count) {
  if (const auto bad =
          need(nullptr, {{"release", release}, {"out", out, capacity}, {"count", count}})) {
    return bad;
  }
  const promoflow::Release& from = release->release;
  return fill(out, stride, capacity, count, from.flow().environment_count(), [&](std::size_t i) {
    return to_c(from.environment(promoflow::EnvironmentId{static_cast<std::uint32_t>(i)}));
  });
}

promoflow_status promoflow_release_describe(const promoflow_release* release,
                                            promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"out", out}})) { return bad; }
    return give_text(error, out, release->release.describe());
  });
}

promoflow_status promoflow_release_snapshot(const promoflow_release* release,
                                            promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"out", out}})) { return bad; }
    return give_text(error, out, release->release.snapshot());
  });
}

promoflow_status promoflow_release_render(const promoflow_release* release,
                                          const promoflow_render_options* options,
                                          promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"out", out}})) { return bad; }
    promoflow::RenderOptions given;
    if (const auto bad = from_c(error, options, given)) { return bad; }
    return give_text(error, out, promoflow::render(release->release, given));
  });
}
