// SPDX-License-Identifier: Apache-2.0
/// @file
/// ProcessExecutor: hooks and promotions are programs. POSIX only, in a library of its own:
/// promoflow::process. docs/executors.md has the protocol that the programs see.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/diagnostic.hpp"
#include "promoflow/executor.hpp"
#include "promoflow/text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// A program and its arguments. Never given to a shell. A program without `/` is looked up in
/// PATH.
using ProgramCall = std::vector<std::string>;

/// Which program runs for which name.
struct ProcessCommands {
  std::map<std::string, ProgramCall> hooks{};
  /// By environment; `default` stands for all that are not named. Not given: see
  /// ProcessOptions::promote_without_program.
  std::optional<std::map<std::string, ProgramCall>> promotions{};
};

/// The result of reading commands.
struct ProcessCommandsReport {
  std::optional<ProcessCommands> commands{};  ///< Given unless there is an error.
  std::vector<Diagnostic> diagnostics{};      ///< In the order of the text.
};

/// Reads `hooks:` and `promotions:` from YAML or JSON: names to a program, or to a list of a
/// program and its arguments. Programs with a `/` are taken from `directory`, unless they begin
/// with one. Errors: OutOfMemory; problems of the text are in the report. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<ProcessCommandsReport> read_process_commands(
    std::string_view text, std::string_view directory = {},
    const ReadOptions& options = {}) noexcept;

/// How programs are found and run.
struct ProcessOptions {
  ProcessCommands commands{};  ///< Looked at first.
  /// Then programs are taken from here: hooks by their names, promotions from `promotions/` in it,
  /// by environment or else `default`. Empty: no directory.
  std::string directory{};
  /// Where logs and the files of arguments and contexts are; made if it does not exist. Required.
  std::string work_directory;
  /// Programs at once, 1 to 1024. Further ones wait in their order: they are reported as queued and
  /// started, so that their timeouts do not count while they wait (R19).
  std::uint32_t parallel = 16;
  /// Between SIGTERM and SIGKILL when a program is cancelled; 0 to a day.
  std::chrono::milliseconds grace{10'000};
  /// Per ticket; what a program prints beyond it is dropped.
  std::size_t log_bytes_max = std::size_t{1} << 20;
  /// Promotions succeed at once where no program for any promotion is configured.
  bool promote_without_program = false;
  /// Context keys that are variables of their own name, too, beside PROMOFLOW_CONTEXT_KEY. Not
  /// those that decide which code a program loads or runs (PATH, LD_..., GIT_..., ...): refused.
  std::vector<std::string> export_variables{};
  /// A program that ends with exit status 75 (EX_TEMPFAIL) waits for a person (R11), who answers by
  /// Engine::apply() or a request; false: nobody could, so it has failed.
  bool suspends = true;
  /// Programs outlive this process: each has a supervisor, a small process of its own, and after a
  /// restart recover() finds it or what it kept. For an Engine; run() does not recover.
  bool durable = false;
  /// Where the program promoflow-supervisor is; only with `durable`. Empty: beside this program or
  /// library, or where it was installed.
  std::string supervisor{};
  /// Told once, for people, when a disk is full so that no program can be started, and once when
  /// they are started again. Called on the executor's thread; what it throws is dropped.
  std::function<void(std::string_view message)> notice{};
};

/// Something that speaks against running a flow with these programs.
struct ProgramFinding {
  Severity severity = Severity::Error;  ///< Error: a call would fail.
  std::string message{};
  std::string hint{};  ///< What to do; may be empty.
};

/// Looks up the program of every hook and promotion of the flow, as the executor will, but runs
/// nothing: missing, not executable, not for this machine, without the interpreter that it names,
/// called by a command line in one text. Warnings: commands that the flow does not use, a `default`
/// that takes the place of a program with nearly the environment's name, what may not run.
/// `selection`: as in RunOptions; what it skips is not looked at. The work directory is not looked
/// at, either. Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::vector<ProgramFinding>> check_process_programs(
    const Flow& flow, const ProcessOptions& options,
    const EnvironmentSelection& selection = {}) noexcept;

/// Runs a program for each call, each in a session of its own. Thread-safe: it may serve
/// several runs at once. It has one thread, which starts and reaps, and, unless it is durable, one
/// guard process, which kills the process groups should this process die. What is not noexcept may
/// throw std::bad_alloc. A forked child must neither use nor destroy its copy, which has no thread.
class PROMOFLOW_API ProcessExecutor final : public Executor {
 public:
  /// Errors: InvalidArgument (`where` names the option), OutOfMemory, Internal (the system refuses
  /// a process, a pipe or a thread).
  [[nodiscard]] static Result<std::unique_ptr<ProcessExecutor>> create(
      ProcessOptions options) noexcept;
  /// Kills and reaps all that runs; if it is durable, leaves all running.
  ~ProcessExecutor() override;

  /// Every problem but want of memory is answered as a failure of the call.
  void run_hook(HookCall call, Reply reply) override;
  void promote(PromotionCall call, Reply reply) override;
  /// Sends SIGTERM to the process group, SIGKILL after the grace period. A call that waits is
  /// dropped.
  void cancel(std::string_view release_id, Ticket ticket) override;
  /// Programs never overlap (Executor), and those that wait for a slot are queued. They survive if
  /// it is durable.
  [[nodiscard]] ExecutorReports reports() const noexcept override;

  /// If it is durable: the path of the call's run directory, which is made at once, so that a later
  /// process can tell one that was never started from one whose records were removed. Else empty.
  [[nodiscard]] std::string reference(std::string_view release_id, Ticket ticket,
                                      std::uint32_t attempt) override;
  /// Of the records in the run directory (D12). Unless durable, the call is lost: this executor's
  /// guard process has killed it.
  [[nodiscard]] Recovery recover(const HookCall& call, std::string_view reference,
                                 const Reply& reply) override;
  [[nodiscard]] Recovery recover(const PromotionCall& call, std::string_view reference,
                                 const Reply& reply) override;
  [[nodiscard]] bool recover_cancelled(std::string_view release_id, Ticket ticket,
                                       std::string_view reference, const Reply& reply) override;
  /// While it waits, programs that have ended are answered for later.
  void hold(bool wait) noexcept override;
  void settled(std::string_view release_id, Ticket ticket) noexcept override;

  /// Waits until nothing runs and nothing waits: after a run, cancelled programs may still be
  /// within their grace period.
  void wait_idle() noexcept;
  /// Sends SIGKILL to every program that runs and fails every call that waits. Calls made later are
  /// not affected.
  void kill_all() noexcept;

 private:
  struct Impl;
  explicit ProcessExecutor(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
