// SPDX-License-Identifier: Apache-2.0
// Stores: opening them, what they say of releases, and requests to those who drive them.
#include "promoflow/store.hpp"

#include <chrono>
#include <utility>

#include "engine.hpp"
#include "engine/report.hpp"
#include "engine/requests.hpp"
#include "promoflow/sqlite_store.hpp"
#include "promoflow/store_history.hpp"

using namespace promoflow::capi;
using namespace promoflow::capi::component;
using namespace promoflow::capi::engine;
using promoflow::detail::JsonWriter;

namespace {

constexpr std::uint32_t kEntriesMost = 10'000;

promoflow_status from_c(promoflow_error** error, const promoflow_store_options* in,
                        promoflow::SqliteStoreOptions& out) {
  if (in == nullptr) { return PROMOFLOW_OK; }
  promoflow_store_options given{};
  if (const auto bad = take_struct(error, "options", in, given)) { return bad; }
  if (given.access != 0) {
    if (!is_within(given.access, PROMOFLOW_STORE_DRIVE, PROMOFLOW_STORE_ASK)) {
      return invalid_argument(error, "options.access");
    }
    out.access = static_cast<promoflow::StoreAccess>(given.access);
  }
  if (!is_yes_or_no(given.no_check)) { return invalid_argument(error, "options.no_check"); }
  out.check = given.no_check == 0;
  return PROMOFLOW_OK;
}

promoflow_status from_c(promoflow_error** error, const promoflow_store_filter* in,
                        promoflow::ReleaseFilter& out) {
  if (in == nullptr) { return PROMOFLOW_OK; }
  promoflow_store_filter given{};
  if (const auto bad = take_struct(error, "filter", in, given)) { return bad; }
  if (const auto bad =
          need(error, {{"filter.product", given.product}, {"filter.after", given.after}})) {
    return bad;
  }
  if (given.status != 0) {
    if (!is_within(given.status, PROMOFLOW_RELEASE_RUNNING, PROMOFLOW_RELEASE_TERMINATED)) {
      return invalid_argument(error, "filter.status");
    }
    out.status = static_cast<promoflow::ReleaseStatus>(given.status);
  }
  if (const char* const unclear = first_unclear(
          {{given.has_since, "filter.has_since"}, {given.unfinished, "filter.unfinished"}})) {
    return invalid_argument(error, unclear);
  }
  out.product = optional_text(given.product);
  out.after = view(given.after);
  if (given.has_since != 0) {
    out.since = promoflow::Instant(std::chrono::milliseconds(given.since_ms));
  }
  out.unfinished = given.unfinished != 0;
  if (given.limit > kEntriesMost) { return invalid_argument(error, "filter.limit"); }
  if (given.limit != 0) { out.limit = given.limit; }
  return PROMOFLOW_OK;
}

/// A function that reads of one release: `read(store)` gives a Result, `write(json, value)` its
/// JSON.
template <class Read, class Write>
promoflow_status give_of_release(promoflow_error** error, const promoflow_store* store,
                                 promoflow_str release, promoflow_buffer** out, const Read& read,
                                 const Write& write) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"store", store}, {"release", release}, {"out", out}})) {
      return bad;
    }
    const auto found = read(*store->store);
    if (!found) { return fail(error, found.error()); }
    std::string text;
    JsonWriter json(text);
    write(json, *found);
    return give_text(error, out, text);
  });
}

}  // namespace

promoflow_str promoflow_store_sqlite_version(void) { return out_text(promoflow::sqlite_version()); }

promoflow_status promoflow_store_open(promoflow_str path, const promoflow_store_options* options,
                                      promoflow_store** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"path", path}, {"out", out}})) { return bad; }
    if (path.size == 0) {
      return fail(error, PROMOFLOW_E_INVALID_ARGUMENT, "path", "must not be empty");
    }
    if (!is_path(path)) { return no_path(error, "path"); }
    promoflow::SqliteStoreOptions given;
    if (const auto bad = from_c(error, options, given)) { return bad; }
    auto store = promoflow::open_sqlite_store(view(path), given);
    if (!store) { return fail(error, store.error()); }
    *out = new promoflow_store{std::move(*store)};
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_store_new_memory(promoflow_store** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"out", out}})) { return bad; }
    auto store = promoflow::make_memory_store();
    if (!store) { return fail(error, store.error()); }
    *out = new promoflow_store{std::move(*store)};
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_store_share(const promoflow_store* store, promoflow_store** out,
                                       promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"store", store}, {"out", out}})) { return bad; }
    *out = new promoflow_store(*store);
    return PROMOFLOW_OK;
  });
}

void promoflow_store_free(promoflow_store* store) { delete store; }

// --- what it says of releases --------------------------------------------------------------------

promoflow_status promoflow_store_list(const promoflow_store* store,
                                      const promoflow_store_filter* filter, promoflow_buffer** out,
                                      promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"store", store}, {"out", out}})) { return bad; }
    promoflow::ReleaseFilter given;
    if (const auto bad = from_c(error, filter, given)) { return bad; }
    const auto releases = store->store->list(given);
    if (!releases) { return fail(error, releases.error()); }
    const promoflow::detail::Drivers drivers;
    std::string text;
    for (const promoflow::StoredRelease& release : *releases) {
      JsonWriter json(text);
      json.begin_object();
      promoflow::detail::write_row(json, release, drivers);
      json.end_object();
      text += '\n';
    }
    return give_text(error, out, text);
  });
}

promoflow_status promoflow_store_show(const promoflow_store* store, promoflow_str release,
                                      promoflow_buffer** out, promoflow_error** error) {
  return give_of_release(
      error, store, release, out,
      [&](promoflow::Store& in) { return promoflow::detail::read_report(in, view(release)); },
      [](JsonWriter& json, const promoflow::detail::ReleaseReport& report) {
        json.begin_object();
        promoflow::detail::write_row(json, report.row, promoflow::detail::Drivers());
        promoflow::detail::write_report(json, report);
        json.end_object();
      });
}

promoflow_status promoflow_store_start(const promoflow_store* store, promoflow_str release,
                                       promoflow_buffer** out, promoflow_error** error) {
  return give_of_release(
      error, store, release, out, [&](promoflow::Store& in) { return in.start_of(view(release)); },
      promoflow::detail::write_start);
}

promoflow_status promoflow_store_is_settled(const promoflow_store* store, promoflow_str release,
                                            uint64_t ticket, int32_t* settled,
                                            promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"store", store}, {"release", release}, {"settled", settled}})) {
      return bad;
    }
    const auto found =
        promoflow::is_settled(*store->store, view(release), static_cast<promoflow::Ticket>(ticket));
    if (!found) { return fail(error, found.error()); }
    *settled = *found ? 1 : 0;
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_store_trace(const promoflow_store* store, promoflow_str release,
                                       uint64_t after, uint32_t limit, promoflow_buffer** out,
                                       uint64_t* last, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"store", store}, {"release", release}, {"out", out}, {"last", last}})) {
      return bad;
    }
    if (limit < 1 || limit > kEntriesMost) { return invalid_argument(error, "limit"); }
    std::string text;
    const auto add = [&](std::string_view trace) {
      promoflow::detail::each_line(trace,
                                   [&](std::string_view line) { text.append(line) += '\n'; });
    };
    if (after == 0) {
      const auto start = store->store->start_of(view(release));
      if (!start) { return fail(error, start.error()); }
      add(start->trace);
    }
    const auto entries = store->store->entries(view(release), after, limit);
    if (!entries) { return fail(error, entries.error()); }
    for (const promoflow::StoredEntry& entry : *entries) { add(entry.trace); }
    if (const auto bad = give_text(error, out, text)) { return bad; }
    *last = entries->empty() ? after : entries->back().sequence;
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_store_verify(const promoflow_store* store, promoflow_str release,
                                        promoflow_buffer** out, promoflow_error** error) {
  return give_of_release(
      error, store, release, out,
      [&](promoflow::Store& in) { return promoflow::verify_history(in, view(release)); },
      promoflow::detail::write_problem);
}

promoflow_status promoflow_store_replay(const promoflow_store* store, promoflow_str release,
                                        promoflow_buffer** out, promoflow_error** error) {
  return give_of_release(
      error, store, release, out,
      [&](promoflow::Store& in) { return promoflow::replay_history(in, view(release)); },
      promoflow::detail::write_problem);
}

// --- requests ------------------------------------------------------------------------------------

promoflow_status promoflow_store_ask(const promoflow_store* store, promoflow_str release,
                                     const promoflow_event* event, promoflow_str by,
                                     uint64_t* request, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"store", store},
                                      {"release", release},
                                      {"event", event},
                                      {"by", by},
                                      {"request", request}})) {
      return bad;
    }
    OwnBuffer line;
    if (const auto bad = event_text(error, event, line)) { return bad; }
    const auto asked = promoflow::detail::ask_driver(
        *store->store, view(release), std::string(view(promoflow_buffer_text(line.get()))),
        view(by));
    if (!asked) { return fail(error, asked.error()); }
    *request = *asked;
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_store_request(const promoflow_store* store, uint64_t request,
                                         int64_t wait_ms, promoflow_buffer** out,
                                         promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"store", store}, {"out", out}})) { return bad; }
    const auto found = promoflow::detail::await_request(*store->store, request, limit(wait_ms));
    if (!found) { return fail(error, found.error()); }
    std::string text;
    JsonWriter json(text);
    promoflow::detail::write_request(json, *found);
    return give_text(error, out, text);
  });
}

// --- retention -----------------------------------------------------------------------------------

promoflow_status promoflow_store_ended_before(const promoflow_store* store, int64_t before_ms,
                                              uint32_t limit, promoflow_buffer** out,
                                              promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"store", store}, {"out", out}})) { return bad; }
    const promoflow::Instant before{std::chrono::milliseconds(before_ms)};
    const auto ended = store->store->ended_before(before, limit);
    if (!ended) { return fail(error, ended.error()); }
    return give_text(error, out, text_array(*ended));
  });
}

promoflow_status promoflow_store_remove(const promoflow_store* store, promoflow_str release,
                                        promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"store", store}, {"release", release}})) { return bad; }
    const auto removed = store->store->remove(view(release));
    return removed ? PROMOFLOW_OK : fail(error, removed.error());
  });
}
