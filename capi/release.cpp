// SPDX-License-Identifier: Apache-2.0
// Releases: start, restore, events and state.
#include "base/attributes.hpp"
#include "capi.hpp"
#include "release/machine.hpp"

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
  out.id = utf8_text(given.id);
  out.url = utf8_text(given.url);
  out.product = utf8_text(given.product);
  out.version = utf8_text(given.version);
  out.commit_sha = utf8_text(given.commit_sha);
  return PROMOFLOW_OK;
}

promoflow_status from_c(promoflow_error** error, const char* name, const promoflow_selection* in,
                        EnvironmentSelection& out) {
  return refuse(error, take_selection(name, in, out));
}

namespace {

PROMOFLOW_COLD promoflow_status check_texts(promoflow_error** error, const promoflow_event& in) {
  return need(error, {{"event.text", in.text},
                      {"event.context", in.context},
                      {"event.by", in.by},
                      {"event.environment", in.environment}});
}

PROMOFLOW_COLD promoflow_status read_retry(promoflow_error** error, const promoflow_event& in,
                                           std::vector<std::string_view>& names, Event& out) {
  Retry retry;
  retry.by = view(in.by);
  names.clear();
  if (const auto bad =
          read_names(error, "event.environments", in.environments, in.environment_count, names)) {
    return bad;
  }
  if (in.environments != nullptr) { retry.environments = names; }
  out.what = retry;
  return PROMOFLOW_OK;
}

}  // namespace

promoflow_status from_c(promoflow_error** error, const promoflow_event& in,
                        std::vector<std::string_view>& names, Event& out) {
  // Mostly all are empty, and an empty text is never missing.
  if ((in.text.size | in.context.size | in.by.size | in.environment.size) != 0) {
    if (const auto bad = check_texts(error, in)) { return bad; }
  }
  const Ticket ticket{in.ticket};
  out.at = instant(in.at_ms);
  switch (in.kind) {
    case PROMOFLOW_EVENT_TICK: out.what = Tick{}; break;
    case PROMOFLOW_EVENT_HOOK_SUCCEEDED:
      out.what = HookSucceeded{ticket, optional_view(in.context)};
      break;
    case PROMOFLOW_EVENT_HOOK_FAILED:
      out.what = HookFailed{ticket, view(in.text), optional_view(in.context)};
      break;
    case PROMOFLOW_EVENT_PROMOTION_SUCCEEDED: out.what = PromotionSucceeded{ticket}; break;
    case PROMOFLOW_EVENT_PROMOTION_FAILED: out.what = PromotionFailed{ticket, view(in.text)}; break;
    case PROMOFLOW_EVENT_SUSPENDED: out.what = Suspended{ticket}; break;
    case PROMOFLOW_EVENT_RESUMED: out.what = Resumed{ticket, view(in.by)}; break;
    case PROMOFLOW_EVENT_TERMINATE:
      if (!is_yes_or_no(in.force)) { return invalid_argument(error, "event.force"); }
      out.what = Terminate{view(in.text), in.force != 0, view(in.by)};
      break;
    case PROMOFLOW_EVENT_RETRY: return read_retry(error, in, names, out);
    case PROMOFLOW_EVENT_QUEUED: out.what = Queued{ticket}; break;
    case PROMOFLOW_EVENT_STARTED: out.what = Started{ticket}; break;
    case PROMOFLOW_EVENT_SKIP:
      out.what = Skip{view(in.environment), view(in.text), view(in.by)};
      break;
    default: return invalid_argument(error, "event.kind");
  }
  return PROMOFLOW_OK;
}

namespace {

PROMOFLOW_COLD promoflow_status apply_line(promoflow_error** error, promoflow_release& release,
                                           promoflow_str line) {
  if (const auto bad = need(error, {{"event.text", line}})) { return bad; }
  const auto stored = StoredEvent::read(view(line));
  if (!stored) { return fail(error, stored.error()); }
  release.change();
  const auto applied = release.release.apply(stored->event());
  return applied ? PROMOFLOW_OK : fail(error, applied.error());
}

promoflow_status apply(promoflow_error** error, promoflow_release& release,
                       const promoflow_event& in) {
  if (in.kind == PROMOFLOW_EVENT_RELEASE_STARTED) { return apply_line(error, release, in.text); }
  Event event;
  if (const auto bad = from_c(error, in, release.names, event)) { return bad; }
  release.change();
  const auto applied = release.release.apply(event);
  return applied ? PROMOFLOW_OK : fail(error, applied.error());
}

/// Whether the release refused the event (R13): then others can still be applied.
bool is_refusal(promoflow_status status) noexcept {
  return is_within(status, PROMOFLOW_E_UNKNOWN_ENVIRONMENT, PROMOFLOW_E_UNKNOWN_TICKET);
}

/// A release that `read` makes of a text: Release::restore() or Release::recover().
promoflow_status from_text(const promoflow_flow* flow, const char* name, promoflow_str text,
                           Result<Release> (*read)(Flow, std::string_view) noexcept,
                           promoflow_release** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {name, text}, {"out", out}})) { return bad; }
    Result<Release> release = read(flow->flow, view(text));
    if (!release) { return fail(error, release.error()); }
    *out = new promoflow_release(std::move(*release));
    return PROMOFLOW_OK;
  });
}

}  // namespace

}  // namespace promoflow::capi

using namespace promoflow::capi;

promoflow_status promoflow_release_start(const promoflow_flow* flow,
                                         const promoflow_release_info* info, int64_t now_ms,
                                         promoflow_str context, promoflow_release** out,
                                         promoflow_error** error) {
  return promoflow_release_start_with(flow, info, now_ms, context, nullptr, out, error);
}

promoflow_status promoflow_release_start_with(const promoflow_flow* flow,
                                              const promoflow_release_info* info, int64_t now_ms,
                                              promoflow_str context,
                                              const promoflow_selection* selection,
                                              promoflow_release** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"context", context}, {"out", out}})) {
      return bad;
    }
    promoflow::ReleaseInfo given;
    promoflow::EnvironmentSelection selected;
    if (const auto bad = from_c(error, "info", info, given)) { return bad; }
    if (const auto bad = from_c(error, "selection", selection, selected)) { return bad; }
    auto release = promoflow::Release::start(flow->flow, std::move(given), instant(now_ms),
                                             view(context), selected);
    if (!release) { return fail(error, release.error()); }
    *out = new promoflow_release(std::move(*release));
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_release_restore(const promoflow_flow* flow, promoflow_str snapshot,
                                           promoflow_release** out, promoflow_error** error) {
  return from_text(flow, "snapshot", snapshot, promoflow::Release::restore, out, error);
}

void promoflow_release_free(promoflow_release* release) { delete release; }

promoflow_status promoflow_release_apply(promoflow_release* release, const promoflow_event* event,
                                         promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}})) { return bad; }
    return with_struct(error, "event", event,
                       [&](const promoflow_event& given) { return apply(error, *release, given); });
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

promoflow_status promoflow_start_json(const promoflow_flow* flow,
                                      const promoflow_release_info* info, int64_t now_ms,
                                      promoflow_str context, const promoflow_selection* selection,
                                      promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"flow", flow}, {"context", context}, {"out", out}})) {
      return bad;
    }
    promoflow::ReleaseInfo given;
    promoflow::EnvironmentSelection selected;
    if (const auto bad = from_c(error, "info", info, given)) { return bad; }
    if (const auto bad = from_c(error, "selection", selection, selected)) { return bad; }
    const promoflow::ReleaseStarted start{&given, view(context), &selected,
                                          flow->flow.fingerprint()};
    return give_text(error, out, promoflow::to_json(promoflow::Event{instant(now_ms), start}));
  });
}

promoflow_status promoflow_release_recover(const promoflow_flow* flow, promoflow_str journal,
                                           promoflow_release** out, promoflow_error** error) {
  return from_text(flow, "journal", journal, promoflow::Release::recover, out, error);
}

promoflow_status promoflow_event_json(const promoflow_event* event, promoflow_buffer** out,
                                      promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    promoflow_event given{};
    if (const auto bad = take_struct(error, "event", event, given)) { return bad; }
    if (given.kind == PROMOFLOW_EVENT_RELEASE_STARTED) {
      if (const auto bad = need(error, {{"event.text", given.text}})) { return bad; }
      const auto stored = promoflow::StoredEvent::read(view(given.text));
      if (!stored) { return fail(error, stored.error()); }
      return give_text(error, out, promoflow::to_json(stored->event()));
    }
    promoflow::Event made;
    std::vector<std::string_view> names;
    if (const auto bad = from_c(error, given, names, made)) { return bad; }
    return give_text(error, out, promoflow::to_json(made));
  });
}

promoflow_status promoflow_release_apply_json(promoflow_release* release, promoflow_str line,
                                              promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"line", line}})) { return bad; }
    return apply_line(error, *release, line);
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
  return fill_struct(out, [&] { return to_c(release->release.info()); });
}

promoflow_status promoflow_release_status(const promoflow_release* release, int32_t* out) {
  if (const auto bad = need(nullptr, {{"release", release}, {"out", out}})) { return bad; }
  *out = static_cast<std::int32_t>(release->release.machine().state().status);
  return PROMOFLOW_OK;
}

promoflow_status promoflow_release_state(const promoflow_release* release, promoflow_state* out) {
  if (const auto bad = need(nullptr, {{"release", release}, {"out", out}})) { return bad; }
  return fill_struct(out, [&] {
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
    return invalid_argument(nullptr, "environment");
  }
  return fill_struct(out, [&] {
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

promoflow_status promoflow_release_why_pending(promoflow_release* release, uint32_t environment,
                                               promoflow_pending* out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"out", out}})) { return bad; }
    if (!is_environment(release->release.flow(), environment)) {
      return invalid_argument(error, "environment");
    }
    const std::size_t size = size_to_fill(out);
    if (size == 0) { return invalid_argument(error, "out.struct_size"); }
    const auto reason = release->release.why_pending(promoflow::EnvironmentId{environment});
    if (!reason) { return fail(error, reason.error()); }
    const auto keep_ids = [](const std::vector<promoflow::EnvironmentId>& from,
                             std::vector<std::uint32_t>& to) {
      to.clear();
      to.reserve(from.size());
      for (const auto id : from) { to.push_back(static_cast<std::uint32_t>(id)); }
    };
    keep_ids(reason->unmet, release->unmet);
    keep_ids(reason->causes, release->causes);
    write_struct(out, size, [&] {
      promoflow_pending made{};
      made.block = static_cast<std::int32_t>(reason->block);
      made.unmet = release->unmet.data();
      made.unmet_count = release->unmet.size();
      made.causes = release->causes.data();
      made.cause_count = release->causes.size();
      return made;
    });
    return PROMOFLOW_OK;
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
