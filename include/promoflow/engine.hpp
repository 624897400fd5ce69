// SPDX-License-Identifier: Apache-2.0
/// @file
/// Engine: drives many releases from one store, so that the process may be killed at any moment.
/// docs/engine.md is the guide; it says what survives what.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/event.hpp"
#include "promoflow/executor.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/release.hpp"
#include "promoflow/result.hpp"
#include "promoflow/store.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// What is done about a command of which nobody knows how it ended (D11).
enum class LostCommand : std::int32_t {
  Fail = 1,   ///< It fails, and its message says so; further attempts apply.
  Again = 2,  ///< It is carried out again, under the same ticket: for hooks that honour the key.
};

/// A trace line, as it is shown to the observer. Borrowed for the call.
struct EngineRecord {
  std::string_view release;
  std::uint64_t sequence = 0;  ///< Of the event that brought it about; 0: of the start (D14).
  std::uint32_t index = 0;     ///< Among the lines of that event, from 0.
  std::string_view line;       ///< One line of JSON (S5), without its end.
};

/// An executor and the name under which releases ask for it.
struct EngineExecutor {
  std::string name;
  Executor* executor = nullptr;  ///< Outlives the engine.
};

struct EngineOptions {
  Store* store = nullptr;                 ///< Outlives the engine. Required.
  std::vector<EngineExecutor> executors;  ///< At least one; the first is the default.
  Clock* clock = nullptr;                 ///< Null: system_clock(). Outlives the engine.
  std::uint32_t releases_max = 1000;      ///< Releases that are driven at once; 1 to 1,000,000.
  std::uint32_t commands_max = 1000;      ///< Commands handed out at once; 1 to 1,000,000 (D10).
  LostCommand lost = LostCommand::Fail;
  std::chrono::milliseconds lease{30'000};  ///< Without a heartbeat for so long, an owner is gone.
  std::chrono::milliseconds heartbeat{10'000};  ///< At most a third of `lease`.
  /// How often requests are looked for (D6).
  std::chrono::milliseconds request_interval{500};
  /// Called on the engine's thread with each line, once it is stored; calls no engine. What it
  /// throws is dropped.
  std::function<void(const EngineRecord&)> observer{};
  /// Called on the engine's thread when the store begins to fail, and with none when it works
  /// again.
  std::function<void(const Error*)> store_trouble{};
};

/// A release to start.
struct EngineStart {
  ReleaseInfo info;
  std::string context{};  ///< Initial promotion context, as JSON text; empty: none.
  EnvironmentSelection selection{};
  std::string executor{};  ///< Empty: the first one.
  std::string run{};       ///< Any text: kept for whoever resumes it.
};

/// Many releases, one store, one thread. All functions are thread-safe and may block until what
/// they did is stored; while the store fails they wait, for it is tried again (D8). Executors and
/// observers, which are called on the engine's thread, must not call the engine. Errors that all
/// have: those of the store, OutOfMemory, NotAllowed (after stop(), or on the engine's thread).
///
/// A forked child must neither use nor destroy its copy of an engine: it has no copy of the
/// engine's thread, for which the destructor would wait for ever.
class PROMOFLOW_API Engine {
 public:
  /// Begins to own releases in the store. Errors: InvalidArgument (`where` names the option).
  [[nodiscard]] static Result<std::unique_ptr<Engine>> create(EngineOptions options) noexcept;
  /// stop().
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Starts a release; returns once its start is stored, and from then on it is driven. Errors:
  /// those of Release::start(); ReleaseExists; LimitExceeded (releases_max); InvalidArgument (no
  /// executor of that name; an id that is not UTF-8, while in other texts U+FFFD replaces what is
  /// not).
  [[nodiscard]] Result<void> start(const Flow& flow, EngineStart start) noexcept;
  /// Goes on with a release of the store that nobody drives (D3, D11); at once if it is driven
  /// here. Errors: UnknownRelease; NotOwner (the message says who has it since when);
  /// LimitExceeded; InvalidSnapshot and the like, if what is stored does not fit this library.
  [[nodiscard]] Result<void> resume(std::string_view release) noexcept;
  /// Goes on with a release that nobody drives, and lets what failed or was terminated go on from
  /// where it stopped (R12); both or neither. Of one that is driven here it is apply(). Errors:
  /// those of resume(); NotAllowed, UnknownEnvironment (R13).
  [[nodiscard]] Result<void> retry(std::string_view release, const Retry& what = {}) noexcept;
  /// Resumes all that are not final and that nobody drives. The ids of those that it resumed. Where
  /// one cannot be resumed the others are all the same, and the error is that of the first one:
  /// those of resume(), and `where` names the release. LimitExceeded ends it at once
  /// (releases_max).
  [[nodiscard]] Result<std::vector<std::string>> resume_all() noexcept;

  /// Applies an event of an operator, or an answer from outside, at the time of the engine's clock.
  /// Returns once it is stored. Errors: UnknownRelease (it is not driven here); R13's refusals.
  [[nodiscard]] Result<void> apply(std::string_view release, const Event::What& what) noexcept;

  /// Waits until the release has a final status or is not driven here, or for `time` (none: no
  /// limit). Its status then, as stored. Calls that it has cancelled may still be ending. Errors:
  /// UnknownRelease.
  [[nodiscard]] Result<ReleaseStatus> wait(
      std::string_view release,
      std::optional<std::chrono::milliseconds> time = std::nullopt) noexcept;
  /// The release as Release::describe() has it. Errors: UnknownRelease (it is not driven here).
  [[nodiscard]] Result<std::string> describe(std::string_view release) noexcept;

  /// Stops in order: what has been answered is stored, snapshots are written, ownership is given
  /// up. Commands are left running where their executor can find them again (Executor::recover()),
  /// else cancelled. A second call does nothing. On the engine's thread it only asks for the stop.
  void stop() noexcept;

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
