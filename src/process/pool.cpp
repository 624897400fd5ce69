// SPDX-License-Identifier: Apache-2.0
#include "process/pool.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <iterator>
#include <new>

#include "base/exceptions.hpp"
#include "executor/threads.hpp"
#include "process/escaped.hpp"
#include "process/supervisor_protocol.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

// Without memory the next turn begins so much later.
constexpr int kPauseMs = 20;

// From the first to the longest wait when something is short.
constexpr std::chrono::milliseconds kBackOffMin{10};
constexpr std::chrono::milliseconds kBackOffMax{1000};

std::string text_of(ProgramProblem problem) {
  return problem.hint.empty() ? std::move(problem.message) : problem.message + ": " + problem.hint;
}

Choice choose(const Call& call, const ProcessOptions& options) {
  if (const auto* const hook = std::get_if<HookCall>(&call)) {
    return choose_hook(hook->hook, options);
  }
  return choose_promotion(std::get_if<PromotionCall>(&call)->environment, options);
}

bool matches(const Job& job, const std::string& release_id, Ticket ticket) {
  return ticket_of(job.call) == ticket && release_of(job.call) == release_id;
}

template <class Runs, class Key>
void forget_runs(Runs& runs, const Key& key) {
  auto at = runs.lower_bound({key, {}});
  while (at != runs.end() && at->first.first == key) { at = runs.erase(at); }
}

}  // namespace

Pool::Pool(ProcessOptions options, PoolParts parts)
    : options_(std::move(options)), inherited_(inherited_variables()), parts_(std::move(parts)) {
  set_nonblocking(parts_.wake_reading);
  set_nonblocking(parts_.wake_writing);
  keep_spare();
  // Signals are the host's: none is handled on this thread, and none comes between fork and exec.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = start_thread([this] { run_thread(); });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    killing_ = !options_.durable;
    wake();
  }
  thread_.join();
}

// --- Requests ------------------------------------------------------------------------------------

void Pool::wake() noexcept {
  const char byte = 0;
  // A full pipe wakes as well as one byte does.
  if (write(parts_.wake_writing.get(), &byte, 1) < 0) { return; }
}

void Pool::submit(Job job) {
  const std::lock_guard lock(mutex_);
  assign_run(job);
  requests_.emplace_back(std::move(job));
  idle_ = false;
  wake();
}

void Pool::cancel(std::string_view release_id, Ticket ticket) {
  const std::lock_guard lock(mutex_);
  forget_runs(runs_, Key(release_id, ticket));
  requests_.emplace_back(Key(release_id, ticket));
  idle_ = false;
  wake();
}

void Pool::forget(std::string_view release_id, Ticket ticket) noexcept {
  try {
    const Key key(release_id, ticket);
    const std::lock_guard lock(mutex_);
    forget_runs(runs_, key);
  } catch (const std::exception&) { return; }  // It is kept until this ends.
}

void Pool::kill_all() noexcept {
  const std::lock_guard lock(mutex_);
  killing_ = true;
  wake();
}

void Pool::wait_idle() noexcept {
  std::unique_lock lock(mutex_);
  became_idle_.wait(lock, [this] { return idle_; });
}

void Pool::hold(bool wait) noexcept {
  const std::lock_guard lock(mutex_);
  holding_ = wait;
  wake();
}

void Pool::take_requests() {
  std::deque<Request> requests;
  bool killing = false;
  {
    const std::lock_guard lock(mutex_);
    requests.swap(requests_);
    killing = std::exchange(killing_, false);
    waits_ = holding_;
  }
  Programs cancelled;
  for (Request& request : requests) {
    if (Job* const job = std::get_if<Job>(&request)) {
      waiting_.push_back({std::move(*job)});
    } else if (Attach* const found = std::get_if<Attach>(&request)) {
      attach(std::move(*found));
    } else {
      cancel_job(std::get<Key>(request), cancelled);
    }
  }
  if (!cancelled.empty()) { end_programs(cancelled, SIGTERM); }
  if (killing) { kill_jobs(); }
}

void Pool::cancel_job(const Key& key, Programs& cancelled) {
  const auto matches_key = [&](const Program& one) {
    return matches(one.job, key.first, key.second);
  };
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (!matches_key(*at)) {
      ++at;
      continue;
    }
    at->job.reply.stopped();
    at = waiting_.erase(at);
  }
  for (Program& program : running_) {
    if (!matches_key(program) || program.is_cancelled) { continue; }
    program.is_cancelled = true;
    if (!program.supervision) {
      program.kill_at = std::chrono::steady_clock::now() + options_.grace;
    }
    cancelled.push_back(&program);
  }
}

void Pool::kill_jobs() {
  for (const Program& program : waiting_) {
    program.job.reply.failed("the host stopped it before its program was started");
  }
  waiting_.clear();
  Programs programs;
  for (Program& program : running_) { programs.push_back(&program); }
  if (!programs.empty()) { end_programs(programs, SIGKILL); }
}

/// Supervisors end their own programs, with the grace period that they were told.
void Pool::end_programs(const Programs& programs, int signal) noexcept {
  for (const Program* const program : programs) {
    if (!program->supervision) { continue; }
    signal_supervisor(*program->supervision, signal == SIGTERM ? kCancelSignal : kKillSignal);
  }
  if (!options_.durable) { signal_programs(programs, signal); }
}

void Pool::signal_programs(const Programs& programs, int signal) noexcept {
  for (const Program* const program : programs) { signal_child(program->child, signal); }
  signal_escaped(programs, signal, 1);
  if (signal != SIGTERM) { return; }
  // A stopped process handles no SIGTERM.
  for (const Program* const program : programs) { signal_child(program->child, SIGCONT); }
  signal_escaped(programs, SIGCONT, 1);
}

/// Signals what has left the groups of these programs, all of which are still unreaped or gone.
void Pool::signal_escaped(const Programs& programs, int signal, int passes) noexcept {
  struct Wanted {
    const Programs& programs;
    int signal;
  };
  const auto choose = [](pid_t process, std::uint64_t number, void* user) -> int {
    const auto& wanted = *static_cast<const Wanted*>(user);
    for (const Program* const program : wanted.programs) {
      if (program->number != number) { continue; }
      const bool has_been_signalled =
          process == program->child.pid || getpgid(process) == program->child.pid;
      return has_been_signalled ? 0 : wanted.signal;
    }
    return 0;
  };
  Wanted wanted{programs, signal};
  for (int pass = 0; pass < passes; ++pass) {
    if (signal_marked(parts_.mark, choose, &wanted) == 0) { return; }
  }
}

// --- Starting ------------------------------------------------------------------------------------

bool Pool::is_running(const Job& job) const {
  return std::any_of(running_.begin(), running_.end(), [&](const Program& running) {
    return matches(running.job, release_of(job.call), ticket_of(job.call)) &&
           application_of(running.job.call) == application_of(job.call);
  });
}

void Pool::start_waiting() {
  if (starts_at_ && std::chrono::steady_clock::now() < *starts_at_) { return report_queued(); }
  starts_at_.reset();
  for (auto next = waiting_.begin();
       next != waiting_.end() && running_.size() < options_.parallel;) {
    if (is_running(next->job)) {  // Issued again while its cancelled program is still ending.
      ++next;
      continue;
    }
    const auto program = next++;
    running_.splice(running_.end(), waiting_, program);  // Whatever fails now, it stays known.
    const Start started = start(*program);
    if (started == Start::Short) {
      waiting_.splice(next, running_, program);
      back_off();
      break;
    }
    if (started == Start::Running && !program->job.was_short) { end_shortage(); }
    if (started == Start::Answered) { running_.erase(program); }
  }
  report_queued();
}

/// Waits a little longer each time, until something can be started again.
void Pool::back_off() {
  back_off_ = std::clamp(back_off_ * 2, kBackOffMin, kBackOffMax);
  starts_at_ = std::chrono::steady_clock::now() + back_off_;
}

void Pool::tell(const std::string& message) const noexcept {
  try {
    if (options_.notice) { options_.notice(message); }
  } catch (...) {  // The host's own matter.
  }
}

void Pool::end_shortage() {
  back_off_ = {};
  if (std::exchange(is_disk_full_, false)) { tell("there is room again: programs are started"); }
}

/// Whether it passes; the host is told once of a disk that somebody has to look after.
bool Pool::is_short(const Problem& problem) {
  if (is_disk_full(problem.error) && !std::exchange(is_disk_full_, true)) {
    tell("no program is started: " + problem.text + "; make room: it goes on by itself");
  }
  return is_shortage(problem.error);
}

/// Why waiting would not end: nothing runs that could give descriptors back, the limit is so low
/// that the host has none to give either, and it has been tried for some seconds.
Problem Pool::hopeless(int error) const {
  const std::optional<unsigned> limit = low_limit();
  const bool is_alone = running_.size() == 1;  // The one that is about to be started.
  if (error != EMFILE || !limit || !is_alone || back_off_ < kBackOffMax) { return {}; }
  return {"there is no room for even one program; raise the limit (ulimit -n), which is " +
          std::to_string(*limit)};
}

/// Those that came last have not been reported yet: the others were when they began to wait.
void Pool::report_queued() {
  auto at = waiting_.end();
  while (at != waiting_.begin() && !std::prev(at)->job.queued) { --at; }
  for (; at != waiting_.end(); ++at) {
    at->job.reply.queued();
    at->job.queued = true;
  }
}

Pool::Start Pool::start(Program& program) {
  const Reply& reply = program.job.reply;
  Start started = Start::Running;
  Problem problem;
  try {
    Choice choice = choose(program.job.call, options_);
    switch (choice.kind) {
      case Choice::Kind::Succeed: reply.succeeded(); return Start::Answered;
      case Choice::Kind::Fail:
        reply.failed(text_of(std::move(choice.problem)));
        return Start::Answered;
      case Choice::Kind::Run: break;
    }
    if (options_.durable) {
      started = launch_supervised(program, choice.program, problem);
    } else {
      problem = launch(program, choice.program);
    }
  } catch (const std::bad_alloc&) {
    problem = {kNoMemory, ENOMEM};
  } catch (const std::exception& error) { problem = {error.what()}; }
  if (!problem) {
    if (started == Start::Running) { reply.started(); }  // Its timeout counts from here (R19).
    return started;
  }
  if (program.directory) { (void)program.directory->remove(program.files.arguments); }
  program.capture = {};
  program.child = {};
  program.supervision.reset();
  if (is_short(problem)) {
    Problem lasting = hopeless(problem.error);
    if (!lasting) { return Start::Short; }
    problem.text += ": " + lasting.text;
  }
  reply.failed(std::move(problem.text));
  return Start::Answered;
}

/// The directory of its release, and its log.
Problem Pool::prepare(Program& program, OpenedFile& log) {
  program.files = files_of(program.job.call);
  auto opened = parts_.work.open_release(program.files.release);
  if (opened.problem) { return std::move(opened.problem); }
  program.directory = std::move(opened.directory);
  log = program.directory->open_log(program.files.log);
  return std::move(log.problem);
}

/// `arguments`, `context`: the names of these files in the directory.
Environment Pool::environment_for(const Program& program, const ReleaseDirectory& directory,
                                  const std::string& arguments, const std::string& context,
                                  const std::string& mark) const {
  return environment_of(
      program.job.call,
      {directory.path() + '/' + arguments, directory.path() + '/' + context, mark},
      options_.export_variables, inherited_);
}

/// No problem: it runs.
Problem Pool::launch(Program& program, const ProgramCall& command) {
  OpenedFile log;
  if (Problem problem = prepare(program, log)) { return problem; }
  program.capture.open(std::move(log), options_.log_bytes_max);
  program.number = ++numbers_;
  const std::string mark =
      parts_.mark.substr(kMarkName.size() + 1) + std::to_string(program.number);
  const ReleaseDirectory& directory = *program.directory;
  if (Problem problem =
          directory.write_new(program.files.arguments, arguments_json(program.job.call))) {
    return problem;
  }
  // What is there may be left of an attempt that crashed.
  if (Problem problem = directory.remove(program.files.context)) { return problem; }
  const Environment environment =
      environment_for(program, directory, program.files.arguments, program.files.context, mark);
  if (!spawn(command, environment.variables, *parts_.guard, program.child)) {
    const int error = errno;
    return system_problem("cannot start " + command.front(), error);
  }
  if (!environment.omitted.empty()) { program.capture.note(omitted_note(environment)); }
  return {};
}

// --- The thread ------------------------------------------------------------------------------

/// One turn; false: the pool is to end and nothing runs any more.
bool Pool::run_once() {
  take_requests();
  start_waiting();
  {
    const std::lock_guard lock(mutex_);
    idle_ = requests_.empty() && waiting_.empty() && running_.empty();
    if (idle_) { became_idle_.notify_all(); }
    if (stopping_ && (idle_ || options_.durable)) { return false; }
    if (stopping_) { killing_ = true; }  // Also what was started meanwhile.
  }
  wait_for_activity();
  read_output();
  reap_finished();
  kill_overdue();
  return true;
}

void Pool::run_thread() {
  for (;;) {
    try {
      if (!run_once()) { return; }
    } catch (const std::exception&) {
      // Out of memory: nothing is lost; the next turn, a little later, tries again.
      (void)poll(nullptr, 0, kPauseMs);
    }
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
