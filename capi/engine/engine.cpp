// SPDX-License-Identifier: Apache-2.0
// Engines: executors of callbacks, and the releases that they drive.
#include "promoflow/engine.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include "engine.hpp"
#include "host_executor.hpp"

using namespace promoflow::capi;
using namespace promoflow::capi::component;
using namespace promoflow::capi::engine;

namespace {

using std::chrono::milliseconds;

/// What the options give: the callbacks, until destroy().
class Callbacks {
 public:
  explicit Callbacks(const promoflow_engine_options& options) noexcept : options_(options) {}
  Callbacks(const Callbacks&) = delete;
  Callbacks& operator=(const Callbacks&) = delete;
  ~Callbacks() {
    if (options_.destroy != nullptr) { options_.destroy(options_.user); }
  }

  void observe(const promoflow::EngineRecord& record) const noexcept {
    promoflow_engine_record out{};
    out.struct_size = sizeof(out);
    out.index = record.index;
    out.sequence = record.sequence;
    out.release = out_text(record.release);
    out.line = out_text(record.line);
    options_.observe(&out, options_.user);
  }
  void store_trouble(const promoflow::Error* why) const noexcept {
    promoflow_error* error = nullptr;
    if (why != nullptr) { fail(&error, *why); }
    options_.store_trouble(error, options_.user);
    promoflow_error_free(error);
  }
  const promoflow_engine_options& options() const noexcept { return options_; }

 private:
  promoflow_engine_options options_;
};

}  // namespace

/// In this order: the engine is gone before its executors and callbacks are.
struct promoflow_engine {
  explicit promoflow_engine(const promoflow_engine_options& options) noexcept
      : callbacks(options) {}

  std::shared_ptr<promoflow::Store> store{};
  Callbacks callbacks;
  std::vector<std::unique_ptr<HostExecutor>> executors{};
  std::unique_ptr<promoflow::Engine> engine{};
};

namespace {

/// The callbacks of one executor. Fails if their size is none: then their destroy() is unknown.
promoflow_status read_callbacks(promoflow_error** error, const promoflow_executor* in,
                                promoflow_executor& out) {
  if (in == nullptr) { return missing(error, "options.executors"); }
  return take_struct(error, "options.executors", in, out);
}

/// Calls destroy() of those that have not been taken over in the end.
struct Executors {
  explicit Executors(const promoflow_engine_options& options) noexcept : in(options) {}
  Executors(const Executors&) = delete;
  Executors& operator=(const Executors&) = delete;
  ~Executors() {
    while (next < in.executor_count) {
      promoflow_executor given{};
      if (read_callbacks(nullptr, in.executors[next++].callbacks, given) == PROMOFLOW_OK) {
        const HostExecutor destroyed(given);
      }
    }
  }

  const promoflow_engine_options& in;
  std::uint64_t next = 0;
};

promoflow_status take_executors(promoflow_error** error, Executors& all, promoflow_engine& made,
                                promoflow::EngineOptions& out) {
  promoflow_status status = PROMOFLOW_OK;
  const auto refuse = [&](promoflow_status bad) {
    if (status == PROMOFLOW_OK) { status = bad; }
  };
  // All are taken over before the first problem is told: destroy() of each of them is due.
  made.executors.reserve(all.in.executor_count);
  while (all.next < all.in.executor_count) {
    promoflow_error** const where = status == PROMOFLOW_OK ? error : nullptr;
    promoflow_executor given{};
    const promoflow_engine_executor& one = all.in.executors[all.next++];
    if (const auto bad = read_callbacks(where, one.callbacks, given)) {
      refuse(bad);
      continue;
    }
    made.executors.push_back(take_over<HostExecutor>(given));
    if (made.executors.back()->problem() != nullptr) {
      refuse(fail(where, PROMOFLOW_E_INVALID_ARGUMENT, "options.executors",
                  "one of them has not all functions, or reports that this version does not know"));
      continue;
    }
    if (const auto bad = need(where, {{"options.executors", one.name}})) {
      refuse(bad);
      continue;
    }
    out.executors.push_back({std::string(view(one.name)), made.executors.back().get()});
  }
  return status;
}

/// Zero leaves a time as it is.
promoflow_status take_time(promoflow_error** error, const char* name, std::int64_t given_ms,
                           milliseconds& out) {
  constexpr std::int64_t kMost = std::int64_t{1000} * 60 * 60 * 24 * 365;
  if (given_ms < 0 || given_ms > kMost) { return invalid_argument(error, name); }
  if (given_ms != 0) { out = milliseconds(given_ms); }
  return PROMOFLOW_OK;
}

promoflow_status take_limits(promoflow_error** error, const promoflow_engine_options& in,
                             promoflow::EngineOptions& out) {
  if (in.releases_max != 0) { out.releases_max = in.releases_max; }
  if (in.commands_max != 0) { out.commands_max = in.commands_max; }
  if (const auto bad = take_time(error, "options.lease_ms", in.lease_ms, out.lease)) { return bad; }
  if (const auto bad = take_time(error, "options.heartbeat_ms", in.heartbeat_ms, out.heartbeat)) {
    return bad;
  }
  return take_time(error, "options.request_interval_ms", in.request_interval_ms,
                   out.request_interval);
}

promoflow_status from_c(promoflow_error** error, Executors& executors, promoflow_engine& made,
                        promoflow::EngineOptions& out) {
  const promoflow_engine_options& in = made.callbacks.options();
  out.store = made.store.get();
  if (const auto bad = take_executors(error, executors, made, out)) { return bad; }
  if (const auto bad = take_limits(error, in, out)) { return bad; }
  if (in.lost != 0) {
    if (!is_within(in.lost, PROMOFLOW_LOST_FAIL, PROMOFLOW_LOST_AGAIN)) {
      return invalid_argument(error, "options.lost");
    }
    out.lost = static_cast<promoflow::LostCommand>(in.lost);
  }
  const Callbacks* const callbacks = &made.callbacks;
  if (in.observe != nullptr) {
    out.observer = [callbacks](const promoflow::EngineRecord& record) {
      callbacks->observe(record);
    };
  }
  if (in.store_trouble != nullptr) {
    out.store_trouble = [callbacks](const promoflow::Error* why) { callbacks->store_trouble(why); };
  }
  return PROMOFLOW_OK;
}

promoflow_status from_c(promoflow_error** error, const promoflow_release_info* in,
                        promoflow::ReleaseInfo& out) {
  promoflow_release_info given{};
  if (const auto bad = take_struct(error, "info", in, given)) { return bad; }
  if (const auto bad = need(error, {{"info.id", given.id},
                                    {"info.url", given.url},
                                    {"info.product", given.product},
                                    {"info.version", given.version},
                                    {"info.commit_sha", given.commit_sha}})) {
    return bad;
  }
  out = {std::string(view(given.id)), std::string(view(given.url)),
         std::string(view(given.product)), std::string(view(given.version)),
         std::string(view(given.commit_sha))};
  return PROMOFLOW_OK;
}

promoflow_status from_c(promoflow_error** error, const promoflow_engine_start_options* in,
                        promoflow::EngineStart& out) {
  if (in == nullptr) { return PROMOFLOW_OK; }
  promoflow_engine_start_options given{};
  if (const auto bad = take_struct(error, "options", in, given)) { return bad; }
  if (const auto bad = need(error, {{"options.context", given.context},
                                    {"options.executor", given.executor},
                                    {"options.run", given.run}})) {
    return bad;
  }
  if (const auto bad = component::from_c(error, given.selection, out.selection)) { return bad; }
  out.context = view(given.context);
  out.executor = view(given.executor);
  out.run = view(given.run);
  return PROMOFLOW_OK;
}

/// A function of the engine that gives nothing back but whether it did it.
template <class Body>
promoflow_status act(promoflow_error** error, const promoflow_engine* engine, promoflow_str release,
                     const Body& body) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"engine", engine}, {"release", release}})) { return bad; }
    const promoflow::Result<void> done = body(*engine->engine, view(release));
    return done ? PROMOFLOW_OK : fail(error, done.error());
  });
}

}  // namespace

promoflow_status promoflow_engine_new(const promoflow_store* store,
                                      const promoflow_engine_options* options,
                                      promoflow_engine** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"options", options}})) { return bad; }
    promoflow_engine_options in{};
    if (const auto bad = take_struct(error, "options", options, in)) { return bad; }
    if (const auto bad = need(error, {{"options.executors", in.executors, in.executor_count}})) {
      in.executor_count = 0;
      const Callbacks destroyed(in);
      return bad;
    }
    Executors executors(in);
    auto made = take_over<promoflow_engine>(in);
    if (store != nullptr) { made->store = store->store; }
    promoflow::EngineOptions given;
    if (const auto bad = from_c(error, executors, *made, given)) { return bad; }
    if (const auto bad = need(error, {{"store", store}, {"out", out}})) { return bad; }
    auto engine = promoflow::Engine::create(std::move(given));
    if (!engine) {
      promoflow::Error& why = engine.error();
      if (why.where == "options.heartbeat") { why.where = "options.heartbeat_ms"; }
      return fail(error, why);
    }
    made->engine = std::move(*engine);
    *out = made.release();
    return PROMOFLOW_OK;
  });
}

void promoflow_engine_free(promoflow_engine* engine) { delete engine; }

promoflow_status promoflow_engine_stop(promoflow_engine* engine) {
  if (const auto bad = need(nullptr, {{"engine", engine}})) { return bad; }
  engine->engine->stop();
  return PROMOFLOW_OK;
}

promoflow_status promoflow_engine_start(promoflow_engine* engine, const promoflow_flow* flow,
                                        const promoflow_release_info* info,
                                        const promoflow_engine_start_options* options,
                                        promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"engine", engine}, {"flow", flow}, {"info", info}})) {
      return bad;
    }
    promoflow::EngineStart start;
    if (const auto bad = from_c(error, info, start.info)) { return bad; }
    if (const auto bad = from_c(error, options, start)) { return bad; }
    std::optional<promoflow::Flow> loaded;
    if (const auto bad = from_c(error, flow, loaded)) { return bad; }
    const promoflow::Result<void> started = engine->engine->start(*loaded, std::move(start));
    return started ? PROMOFLOW_OK : fail(error, started.error());
  });
}

promoflow_status promoflow_engine_resume(promoflow_engine* engine, promoflow_str release,
                                         promoflow_error** error) {
  return act(error, engine, release,
             [](promoflow::Engine& with, std::string_view id) { return with.resume(id); });
}

promoflow_status promoflow_engine_resume_all(promoflow_engine* engine, promoflow_buffer** out,
                                             promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"engine", engine}, {"out", out}})) { return bad; }
    const auto resumed = engine->engine->resume_all();
    if (!resumed) { return fail(error, resumed.error()); }
    return give_text(error, out, text_array(*resumed));
  });
}

promoflow_status promoflow_engine_retry(promoflow_engine* engine, promoflow_str release,
                                        const promoflow_str* environments, size_t count,
                                        promoflow_str by, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"engine", engine}, {"release", release}, {"by", by}})) {
      return bad;
    }
    std::vector<std::string> names;
    if (const auto bad = take_names(error, "environments", environments, count, names)) {
      return bad;
    }
    const std::vector<std::string_view> views(names.begin(), names.end());
    promoflow::Retry what;
    if (environments != nullptr) { what.environments = views; }
    what.by = view(by);
    const promoflow::Result<void> done = engine->engine->retry(view(release), what);
    return done ? PROMOFLOW_OK : fail(error, done.error());
  });
}

promoflow_status promoflow_engine_apply(promoflow_engine* engine, promoflow_str release,
                                        const promoflow_event* event, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"engine", engine}, {"release", release}, {"event", event}})) {
      return bad;
    }
    OwnBuffer line;
    if (const auto bad = event_text(error, event, line)) { return bad; }
    const auto read = promoflow::StoredEvent::read(view(promoflow_buffer_text(line.get())));
    if (!read) { return fail(error, read.error()); }
    const auto done = engine->engine->apply(view(release), read->event().what);
    return done ? PROMOFLOW_OK : fail(error, done.error());
  });
}

promoflow_status promoflow_engine_wait(const promoflow_engine* engine, promoflow_str release,
                                       int64_t wait_ms, int32_t* status, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad =
            need(error, {{"engine", engine}, {"release", release}, {"status", status}})) {
      return bad;
    }
    const auto found = engine->engine->wait(view(release), limit(wait_ms));
    if (!found) { return fail(error, found.error()); }
    *status = static_cast<std::int32_t>(*found);
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_engine_describe(const promoflow_engine* engine, promoflow_str release,
                                           promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"engine", engine}, {"release", release}, {"out", out}})) {
      return bad;
    }
    const auto text = engine->engine->describe(view(release));
    if (!text) { return fail(error, text.error()); }
    return give_text(error, out, *text);
  });
}
