// SPDX-License-Identifier: Apache-2.0
/// @file
/// RunHost: the store, the engine, the programs and the views with which this process drives
/// releases: what `run`, `resume` and `retry` have in common.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "cli/run_background.hpp"
#include "cli/run_call.hpp"
#include "cli/run_directory.hpp"
#include "cli/run_executor.hpp"
#include "cli/run_output.hpp"
#include "cli/run_signals.hpp"
#include "cli/run_view.hpp"
#include "cli/store_access.hpp"
#include "promoflow/engine.hpp"

namespace promoflow::cli {

/// How releases are driven and shown, as the command line says it.
struct HostSettings {
  std::string format{};
  std::string color{};
  bool detach_on_interrupt = false;
  bool named = false;  ///< Lines say which release they are of.
};

/// The options of a command that drives releases: `--parallel`, `--grace` and
/// `--detach-on-interrupt`, and those of Argo.
void add_driving(CLI::App& app, RunCall& call, HostSettings& settings);

/// What the library says of the options of a process executor, by the option that gave it.
Exit complain_of_options(const Error& error, const RunCall& call);

/// Reads what a call says of programs. Exit::Fine, or a complaint.
Exit read_process_options(RunCall& call, std::string_view color, ProcessOptions& options);

class RunHost final : private StopActions {
 public:
  /// Blocks the signals that stop a release: to be made before any thread. May throw
  /// detail::NoThread: later no thread has to be made.
  explicit RunHost(HostSettings settings);
  RunHost(const RunHost&) = delete;
  RunHost& operator=(const RunHost&) = delete;
  ~RunHost() override;

  /// Begins to own releases of that store; null: of a store in memory.
  Exit open(std::unique_ptr<Store> store);
  Store& store() noexcept { return *store_; }

  /// The programs of a release that is about to be driven, and where its logs are.
  Exit add(const std::string& release, const RunCall& call, ProcessOptions options,
           std::unique_ptr<WorkDirectory> work);
  /// Starts a release that was added. Errors: those of Engine::start().
  Result<void> start(const Flow& flow, EngineStart start);
  /// Goes on with a release that was added; with `retry`, as Engine::retry() does. Errors: those of
  /// Engine.
  Result<void> resume(const StoreStart& start, const Flow& flow, const Retry* retry);
  /// Forgets a release that was added and is not driven after all.
  void drop(const std::string& release);

  /// Waits until all have ended, or until it is told to leave them, and until what is printed of
  /// them is read. When this returns, nothing of them runs any more that this process has to wait
  /// for.
  Exit wait();
  /// The exit status if signals have stopped this process. None: they have not.
  std::optional<Exit> stopped() const;

 private:
  /// A release that is driven here.
  struct Driven {
    std::unique_ptr<WorkDirectory> work{};
    std::unique_ptr<RunView> view{};
  };
  class HostClock;
  /// What the thread that made this waits for.
  enum class Phase : std::uint8_t { Starting, Driving, Ended };
  /// A signal's wish to terminate.
  struct Asked {
    std::string reason;
    std::string by;
  };

  std::string terminate(const std::string& reason, const std::string& by) override;
  void force(const std::string& reason, const std::string& by) override;
  void leave() override;
  void give_up_output() override;
  void stop_engine(Exit exit);
  void leave_soon();
  void ask_all(const std::string& reason, const std::string& by, bool force);
  void show(const EngineRecord& record);
  void idle(Instant now);
  bool is_live();
  void tell_store(const Error* error);
  void make_view(const std::string& release, const Flow& flow);
  std::vector<std::string> ids();
  Exit tell_end(const std::string& release, Driven& driven);

  HostSettings settings_;
  RunFormat format_;
  StopSignals signals_;
  OutputWriter output_{};
  Background background_;
  std::unique_ptr<Store> store_{};
  std::unique_ptr<HostClock> clock_;
  ReleaseExecutors executors_{};
  std::mutex mutex_{};  ///< Guards the next three; the engine's thread takes it, too.
  std::map<std::string, Driven> releases_{};
  Phase phase_ = Phase::Starting;
  std::optional<Asked> asked_{};  ///< Before wait().
  std::atomic<bool> store_fails_{false};
  std::atomic<bool> has_left_{false};
  std::atomic<bool> has_begun_{false};  ///< A release has been handed to the engine.
  bool in_memory_ = false;
  std::unique_ptr<Engine> engine_{};  // Its thread uses all of the above.
  std::unique_ptr<Stopper> stopper_;
};

}  // namespace promoflow::cli
