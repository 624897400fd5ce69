// SPDX-License-Identifier: Apache-2.0
// The public functions, and what they do on the engine's thread. The thread's loop is in turn.cpp.
#include "promoflow/engine.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

#include "base/enumerator.hpp"
#include "base/guard.hpp"
#include "base/printable.hpp"
#include "base/utf8.hpp"
#include "engine/engine_impl.hpp"
#include "engine/identity.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/store_history.hpp"
#include "store/load.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

using detail::guarded;

constexpr std::uint32_t kResumedAtOnce = 200;  // Between them the engine does its other work.
constexpr std::size_t kFlowsKept = 64;

tl::unexpected<Error> refusal(ErrorCode code, std::string_view where, std::string message) {
  return tl::unexpected(Error{code, std::string(where), std::move(message)});
}

std::optional<Error> problem_of(const EngineOptions& options) {
  using std::chrono::milliseconds;
  constexpr std::uint32_t kMost = 1'000'000;
  const auto invalid = [](const char* where, const char* message) {
    return std::optional(Error{ErrorCode::InvalidArgument, where, message});
  };
  if (options.store == nullptr) { return invalid("options.store", "an engine needs a store"); }
  if (options.executors.empty()) {
    return invalid("options.executors", "an engine needs an executor");
  }
  for (const EngineExecutor& executor : options.executors) {
    if (executor.executor == nullptr) { return invalid("options.executors", "one is null"); }
  }
  if (options.releases_max < 1 || options.releases_max > kMost) {
    return invalid("options.releases_max", "it is 1 to 1000000");
  }
  if (options.commands_max < 1 || options.commands_max > kMost) {
    return invalid("options.commands_max", "it is 1 to 1000000");
  }
  if (!detail::is_enumerator(options.lost, LostCommand::Again)) {
    return invalid("options.lost", "it is no value of its enumeration");
  }
  if (options.heartbeat <= milliseconds(0) || options.lease < 3 * options.heartbeat) {
    return invalid("options.heartbeat", "it is positive, and at most a third of the lease");
  }
  if (options.request_interval <= milliseconds(0)) {
    return invalid("options.request_interval", "it is positive");
  }
  return std::nullopt;
}

std::string time_text(Instant at) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

Error owned_by(std::string_view release, const StoreOwner& owner) {
  return {
      ErrorCode::NotOwner, std::string(release),
      fmt::format("process {} on {} drives this release since {}; it was last seen at {}",
                  owner.process, owner.host, time_text(owner.since), time_text(owner.heartbeat))};
}

Error too_many(std::size_t driven) {
  return {ErrorCode::LimitExceeded, "options.releases_max",
          fmt::format("{} releases are driven already; wait until one ends", driven)};
}

Error not_driven(std::string_view release) {
  return {ErrorCode::UnknownRelease, std::string(release),
          "this engine does not drive such a release; resume it first"};
}

/// Makes all that is stored of it UTF-8, as a release does with messages (R5). An id is a name that
/// others ask for: another one in its place would not be found, so it is refused.
Result<void> make_storable(EngineStart& start) {
  ReleaseInfo& info = start.info;
  if (!detail::is_utf8(info.id)) {
    return refusal(ErrorCode::InvalidArgument, "info.id",
                   fmt::format("the release's id '{}' is not UTF-8; give it another one",
                               detail::printable(info.id)));
  }
  for (std::string* text :
       {&info.url, &info.product, &info.version, &info.commit_sha, &start.run}) {
    detail::make_utf8(*text);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::create(EngineOptions options) noexcept {
  return guarded([&]() -> Result<std::unique_ptr<Engine>> {
    if (auto problem = problem_of(options)) { return tl::unexpected(std::move(*problem)); }
    auto impl = std::make_unique<Impl>(std::move(options));
    // NOLINTNEXTLINE(bugprone-unhandled-exception-at-new): guarded() has the handler.
    return std::unique_ptr<Engine>(new Engine(std::move(impl)));
  });
}

Engine::Engine(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<void> Engine::start(const Flow& flow, EngineStart start) noexcept {
  return guarded([&] { return impl_->ask([&] { return impl_->start(flow, start); }); });
}

Result<void> Engine::resume(std::string_view release) noexcept {
  return guarded([&] { return impl_->ask([&] { return impl_->resume(release); }); });
}

Result<void> Engine::retry(std::string_view release, const Retry& what) noexcept {
  return guarded([&] { return impl_->ask([&] { return impl_->retry(release, what); }); });
}

Result<std::vector<std::string>> Engine::resume_all() noexcept {
  return guarded([&]() -> Result<std::vector<std::string>> {
    Impl::Resumed resumed;
    ReleaseFilter filter{.unfinished = true, .limit = kResumedAtOnce};
    while (true) {
      const Result<std::vector<StoredRelease>> page = impl_->store().list(filter);
      if (!page) { return tl::unexpected(page.error()); }
      std::vector<std::string> ids;
      for (const StoredRelease& release : *page) { ids.push_back(release.id); }
      const Result<void> done = impl_->ask([&] { return impl_->resume_some(ids, resumed); });
      if (!done) { return tl::unexpected(done.error()); }
      if (page->size() < filter.limit) { break; }
      filter.after = page->back().id;
    }
    if (resumed.failure) { return tl::unexpected(std::move(*resumed.failure)); }
    return std::move(resumed.releases);
  });
}

Result<void> Engine::apply(std::string_view release, const Event::What& what) noexcept {
  return guarded([&] { return impl_->ask([&] { return impl_->apply(release, what); }); });
}

Result<ReleaseStatus> Engine::wait(std::string_view release,
                                   std::optional<std::chrono::milliseconds> time) noexcept {
  return guarded([&] { return impl_->wait(release, time); });
}

Result<std::string> Engine::describe(std::string_view release) noexcept {
  return guarded([&]() -> Result<std::string> {
    Result<std::string> text;
    const Result<void> asked = impl_->ask([&]() -> Impl::Done {
      text = impl_->describe(release);
      return {};
    });
    if (!asked) { return tl::unexpected(asked.error()); }
    return text;
  });
}

void Engine::stop() noexcept { impl_->stop(); }

// --- On the engine's thread ----------------------------------------------------------------------

Engine::Impl::Done Engine::Impl::start(const Flow& flow, EngineStart& start) {
  const EngineExecutor* wanted = executor(start.executor);
  if (wanted == nullptr) {
    return {.result = refusal(ErrorCode::InvalidArgument, "start.executor",
                              fmt::format("there is no executor '{}'", start.executor))};
  }
  if (releases_.size() >= options_.releases_max) {
    return {.result = tl::unexpected(too_many(releases_.size()))};
  }
  if (Result<void> made = make_storable(start); !made) { return {.result = std::move(made)}; }
  const Instant at = now();
  Result<Release> release = Release::start(flow, start.info, at, start.context, start.selection);
  if (!release) { return {.result = tl::unexpected(release.error())}; }
  if (find(start.info.id) != nullptr) {
    return {.result = refusal(ErrorCode::ReleaseExists, start.info.id,
                              "a release of this id is being driven; use another id")};
  }
  Result<std::string> manifest = write_manifest(flow);
  if (!manifest) { return {.result = tl::unexpected(manifest.error())}; }
  StoreStart stored{.info = start.info,
                    .flow_name = std::string(flow.name()),
                    .fingerprint = fmt::format("{:016x}", flow.fingerprint()),
                    .manifest = std::move(*manifest),
                    .context = std::move(start.context),
                    .selection = std::move(start.selection),
                    .at = at,
                    .library_version = std::string(version()),
                    .executor = wanted->name,
                    .run = std::move(start.run)};
  std::string head = chain_hash(stored);
  const Key key = add({.release = std::move(*release),
                       .executor = wanted->executor,
                       .places = &places_,
                       .origin = at,
                       .updated = at,
                       .head = std::move(head)});
  return change(key, [&](detail::DrivenRelease& driven) -> Result<void> {
    driven.begin(std::move(stored));
    return {};
  });
}

Engine::Impl::Done Engine::Impl::resume(std::string_view release) {
  if (find(release) != nullptr) { return {}; }
  if (releases_.size() >= options_.releases_max) {
    return {.result = tl::unexpected(too_many(releases_.size()))};
  }
  const Instant at = now();
  const detail::LeaseCheck check(owner_, at, options_.lease);
  if (Result<void> renewed = renew(at); !renewed) { return {.result = std::move(renewed)}; }
  const Result<Claim> claim = store().claim(release, owner_, check);
  if (!claim) { return {.result = tl::unexpected(claim.error())}; }
  if (claim->epoch == 0) { return {.result = tl::unexpected(owned_by(release, *claim->owner))}; }
  return go_on(release, claim->epoch, at);
}

/// One step of the store for all of them. Those that others drive are left out.
Engine::Impl::Done Engine::Impl::resume_some(const std::vector<std::string>& releases,
                                             Resumed& resumed) {
  std::vector<std::string> wanted;
  for (const std::string& release : releases) {
    if (find(release) == nullptr) {
      wanted.push_back(release);
    } else {
      resumed.releases.push_back(release);
    }
  }
  if (releases_.size() + wanted.size() > options_.releases_max) {
    return {.result = tl::unexpected(too_many(releases_.size()))};
  }
  const Instant at = now();
  const detail::LeaseCheck check(owner_, at, options_.lease);
  if (Result<void> renewed = renew(at); !renewed) { return {.result = std::move(renewed)}; }
  const auto claims = store().claim_all(wanted, owner_, check);
  if (!claims) { return {.result = tl::unexpected(claims.error())}; }
  Done last;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Result<Claim>& claim = (*claims)[i];
    if (!claim || claim->epoch == 0) { continue; }  // It was removed, or others drive it.
    Done done = go_on(wanted[i], claim->epoch, at);
    if (!done.result) {
      Error& error = done.result.error();
      if (!resumed.failure) {
        resumed.failure = Error{error.code, wanted[i], std::move(error.message)};
      }
      continue;
    }
    touch(key_of_.find(wanted[i])->second);
    last.changed = done.changed;
    resumed.releases.push_back(wanted[i]);
  }
  return last;
}

/// Loads what has been claimed, and asks its executor about its commands.
Engine::Impl::Done Engine::Impl::go_on(std::string_view release, std::uint64_t epoch, Instant at) {
  Result<detail::DrivenParts> parts = load(release, epoch);
  if (!parts) { return refuse(release, epoch, parts.error()); }
  Result<std::vector<StoredCommand>> rows = store().commands(release);
  if (!rows) { return refuse(release, epoch, rows.error()); }
  const Key key = add(std::move(*parts));
  return change(key, [&](detail::DrivenRelease& driven) -> Result<void> {
    driven.adopt(std::move(*rows));
    driven.recover(options_.lost, at);
    // What ended while nobody looked ended in time: whoever ran it knew its time-out.
    driven.take_messages(driven.before_timers(at));
    return driven.apply(at, Tick{});
  });
}

/// Of a release that was claimed and cannot be driven: others need not wait for the lease.
Engine::Impl::Done Engine::Impl::refuse(std::string_view release, std::uint64_t epoch,
                                        const Error& error) {
  if (const Result<StoredRelease> row = store().find(release)) {
    const ReleaseWrite given_up{.release = std::string(release),
                                .owner = owner_.id,
                                .epoch = epoch,
                                .status = row->status,
                                .phase = row->phase,
                                .head = row->head,
                                .updated = row->updated,
                                .give_up = true};
    static_cast<void>(store().commit({&given_up, 1}));  // What fails, the lease ends.
  }
  return {.result = tl::unexpected(error)};
}

/// In one turn: a release that is final is given up at the end of the turn that resumed it.
Engine::Impl::Done Engine::Impl::retry(std::string_view release, const Retry& what) {
  const Instant at = now();
  if (find(release) == nullptr) {
    if (Done resumed = resume(release); !resumed.result) { return resumed; }
    // What came too late for the run that has ended is refused: it is not meant for this one.
    look_for_requests(at);
  }
  const auto place = key_of_.find(release);
  if (place == key_of_.end()) { return {.result = tl::unexpected(detail::kReloaded)}; }
  const Key key = place->second;
  Done done = change(key, [&](detail::DrivenRelease& driven) { return driven.apply(at, what); });
  if (done.result) { set_active(std::string(release), true); }
  return done;
}

/// The flow of a start; releases of one flow share it.
Result<Flow> Engine::Impl::flow_of(const StoreStart& start) {
  if (const auto known = flows_.find(start.fingerprint); known != flows_.end()) {
    return known->second;
  }
  Result<Flow> flow = detail::flow_of(start);
  if (!flow) { return flow; }
  if (flows_.size() >= kFlowsKept) { flows_.clear(); }
  flows_.emplace(start.fingerprint, *flow);
  return flow;
}

Result<detail::DrivenParts> Engine::Impl::load(std::string_view id, std::uint64_t epoch) {
  const Result<StoredRelease> row = store().find(id);
  if (!row) { return tl::unexpected(row.error()); }
  Result<StoreStart> start = store().start_of(id);
  if (!start) { return tl::unexpected(start.error()); }
  const EngineExecutor* wanted = executor(start->executor);
  if (wanted == nullptr) {
    return refusal(ErrorCode::InvalidArgument, id,
                   fmt::format("it was started with the executor '{}', which this engine does not "
                               "have",
                               start->executor));
  }
  const Result<Flow> flow = flow_of(*start);
  if (!flow) { return tl::unexpected(flow.error()); }
  Result<LoadedRelease> loaded = detail::load_release(store(), *start, *flow);
  if (!loaded) { return tl::unexpected(loaded.error()); }
  return detail::DrivenParts{.release = std::move(loaded->release),
                             .executor = wanted->executor,
                             .places = &places_,
                             .origin = start->at,
                             .updated = row->updated,
                             .epoch = epoch,
                             .sequence = row->sequence,
                             .snapshot_sequence = loaded->snapshot_sequence,
                             .head = row->head};
}

Engine::Impl::Done Engine::Impl::apply(std::string_view release, const Event::What& what) {
  const auto key = key_of_.find(release);
  if (key == key_of_.end()) { return {.result = tl::unexpected(not_driven(release))}; }
  const Instant at = now();
  return change(key->second, [&](detail::DrivenRelease& driven) { return driven.apply(at, what); });
}

Result<std::string> Engine::Impl::describe(std::string_view release) {
  Entry* entry = find(release);
  if (entry == nullptr) { return tl::unexpected(not_driven(release)); }
  return entry->release->release().describe();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
