// SPDX-License-Identifier: Apache-2.0
// promoflow-supervisor: runs one program, so that it outlives the process that asked for it, and
// keeps how it ended. supervisor_protocol.hpp has the protocol.
//
// Invariant: the program runs only while this process has the lock of the start record, and the end
// record is made when nothing of the program runs any more. Nothing here allocates.
#include <fcntl.h>
#include <sys/select.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "process/exec_program.hpp"
#include "process/supervisor_protocol.hpp"
#include "supervisor/output.hpp"
#include "supervisor/plan.hpp"
#include "supervisor/program.hpp"
#include "supervisor/records.hpp"

#if defined(__linux__)
#include <sys/prctl.h>
#endif

extern char** environ;

namespace {

using namespace promoflow;
using namespace promoflow::supervisor;

// Between two tries of what failed; it doubles up to the second.
constexpr std::int64_t kPauseMinMs = 10;
constexpr std::int64_t kPauseMaxMs = 5'000;
// Of the end record. Then nobody can write there any more.
constexpr std::int64_t kGiveUpMs = 7LL * 24 * 3600 * 1000;
constexpr std::int64_t kNever = -1;
// After a program's end a process of another user may go on printing: reading has to end.
constexpr int kLastReads = 16;

volatile std::sig_atomic_t cancel_asked = 0;
volatile std::sig_atomic_t kill_asked = 0;

void note_signal(int signal) {
  if (signal == SIGTERM || signal == detail::kCancelSignal) { cancel_asked = 1; }
  if (signal == detail::kKillSignal) { kill_asked = 1; }
}

/// All signals stay blocked but while this process waits, when those that mean something are taken.
void take_signals(sigset_t& waiting) noexcept {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  waiting = all;
  signal(SIGTERM, SIG_IGN);  // Drops one that came before this process had its own session.
  struct sigaction taken {};
  taken.sa_handler = note_signal;
  for (const int one : {SIGTERM, detail::kCancelSignal, detail::kKillSignal, SIGCHLD}) {
    sigaction(one, &taken, nullptr);
    sigdelset(&waiting, one);
  }
}

std::int64_t now_ms() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

/// Waits for a signal, for output, or until a time. The descriptors may be -1.
void wait(const sigset_t& signals, std::int64_t until, int out, int error) noexcept {
  fd_set reading;
  FD_ZERO(&reading);
  for (const int fd : {out, error}) {
    if (fd >= 0) { FD_SET(static_cast<unsigned>(fd), &reading); }
  }
  timespec time{};
  const std::int64_t left = std::max<std::int64_t>(until - now_ms(), 0);
  time.tv_sec = static_cast<time_t>(left / 1000);
  time.tv_nsec = static_cast<long>(left % 1000) * 1'000'000;
  (void)pselect(std::max(out, error) + 1, &reading, nullptr, nullptr,
                until == kNever ? nullptr : &time, &signals);
}

/// A shortage of processes or memory passes: until then the program has not begun.
bool start_program(Program& program, const Plan& plan, const sigset_t& signals) noexcept {
  std::int64_t pause = kPauseMinMs;
  while (!program.start(plan)) {
    const bool passes = errno == EAGAIN || errno == ENOMEM || errno == ENFILE;
    if (!passes || cancel_asked != 0 || kill_asked != 0) { return false; }
    wait(signals, now_ms() + pause, -1, -1);
    pause = std::min(pause * 2, kPauseMaxMs);
  }
  return true;
}

/// When and why the program is ended, as long as it runs.
class Limits {
 public:
  explicit Limits(const Plan& plan) noexcept
      : plan_(plan), end_at_(plan.timeout_ms > 0 ? now_ms() + plan.timeout_ms : kNever) {}

  void apply(const Program& program, Cause& cause) noexcept {
    const std::int64_t now = now_ms();
    if (kill_asked != 0) {
      kill_asked = 0;
      if (cause == Cause::None) { cause = Cause::Killed; }
      return kill(program);
    }
    if (kill_at_ == kNever && cause == Cause::None) {
      if (cancel_asked != 0) {
        cause = Cause::Cancelled;
      } else if (end_at_ != kNever && now >= end_at_) {
        cause = Cause::Timeout;
      }
      if (cause == Cause::None) { return; }
      kill_at_ = now + plan_.grace_ms;
      end_at_ = kNever;
      if (plan_.grace_ms > 0) { program.send(SIGTERM); }
    }
    if (kill_at_ != kNever && now >= kill_at_) { kill(program); }
  }
  std::int64_t next() const noexcept { return kill_at_ != kNever ? kill_at_ : end_at_; }

 private:
  /// Once: a process that the kernel holds ends later.
  void kill(const Program& program) noexcept {
    program.send(SIGKILL);
    kill_at_ = end_at_ = kNever;
  }

  const Plan& plan_;
  std::int64_t end_at_;
  std::int64_t kill_at_ = kNever;
};

void run(Program& program, const Plan& plan, const sigset_t& signals, Output& output,
         End& end) noexcept {
  Limits limits(plan);
  while (!program.has_ended()) {
    limits.apply(program, end.cause);
    wait(signals, limits.next(), program.out, program.error);
    output.read_from(program.out, output.out);
    output.read_from(program.error, output.error);
  }
  program.finish(end);
  for (int i = 0; i < kLastReads && (program.out >= 0 || program.error >= 0); ++i) {
    output.read_from(program.out, output.out);
    output.read_from(program.error, output.error);
  }
}

/// Of a write: there may be room, or the disk may work, later.
bool passes(int error) noexcept {
  for (const int one : {ENOSPC, EDQUOT, EIO, ENOMEM, EMFILE, ENFILE, EAGAIN}) {
    if (error == one) { return true; }
  }
  return false;
}

/// Tries until it succeeds if a disk is full: it becomes free again. Whoever ended the program does
/// not need the record, and it is tried once. False: it is needed, and cannot be written.
bool keep_end(EndRecord& record, Cause cause, const sigset_t& signals) noexcept {
  record.take_context();
  const bool is_needed = cause == Cause::None || cause == Cause::Timeout;
  const std::int64_t give_up_at = now_ms() + kGiveUpMs;
  std::int64_t pause = kPauseMinMs;
  int error = record.write() ? 0 : errno;
  while (passes(error) && is_needed && cancel_asked == 0 && kill_asked == 0 &&
         now_ms() < give_up_at) {
    wait(signals, now_ms() + pause, -1, -1);
    pause = std::min(pause * 2, kPauseMaxMs);
    error = record.write() ? 0 : errno;
  }
  record.drop();
  if (error == 0 || !is_needed) { return true; }
  record.note_failure(error);
  return false;
}

}  // namespace

int main(int count, char** arguments) {
  setsid();  // Where the executor could not ask for it.
  sigset_t signals;
  take_signals(signals);
  detail::close_from(detail::kRunDirectoryFd + 1);
#if defined(__linux__)
  prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
  Plan plan;
  if (!read_plan(count, arguments, environ, plan)) { return detail::kSupervisorWrongCall; }
  fcntl(detail::kRunDirectoryFd, F_SETFD, FD_CLOEXEC);
  if (const int status = write_start(plan)) { return status; }
  Program program;
  if (!start_program(program, plan, signals)) {
    const int failure = std::clamp(errno, 1, detail::kErrorMax);
    remove_start();
    return failure;
  }
  Output output(STDOUT_FILENO, plan.log_left);
  End end;
  run(program, plan, signals, output, end);
  EndRecord record(plan, end, output);
  return keep_end(record, end.cause, signals) ? detail::kSupervisorDone
                                              : detail::kSupervisorNoRecord;
}
