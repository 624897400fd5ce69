// SPDX-License-Identifier: Apache-2.0
#include "process/pool.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <iterator>
#include <system_error>

namespace promoflow::detail {

namespace {

// Where the system has no descriptor for a process, its end is looked for this often.
constexpr int kFindEndMs = 20;
constexpr int kWaitMaxMs = 3'600'000;
// After a program's end a process that left its group may go on printing: reading has to end.
constexpr int kLastReads = 16;

bool matches(const Job& job, const std::string& release_id, Ticket ticket) {
  return ticket_of(job.call) == ticket && release_of(job.call) == release_id;
}

void send_answer(const Job& job, std::string failure, std::optional<std::string> context) {
  if (failure.empty()) {
    job.reply.succeeded(std::move(context));
  } else {
    job.reply.failed(std::move(failure), std::move(context));
  }
}

/// Empty: it succeeded.
std::string failure_of(const ProgramEnd& end, const Capture& capture) {
  if (!end.known) {
    return "its exit status is lost: the host ignores SIGCHLD, or waits for every child process; "
           "let it wait for its own children only";
  }
  if (end.signal == 0 && end.status == 0) { return {}; }
  std::string tail = capture.tail();
  if (!tail.empty()) { return tail; }
  return end.signal != 0 ? "killed by signal " + std::to_string(end.signal)
                         : "exit status " + std::to_string(end.status);
}

}  // namespace

Pool::Pool(ProcessOptions options, GuardProcess guard, Fd wake_reading, Fd wake_writing)
    : options_(std::move(options)),
      inherited_(inherited_variables()),
      guard_(std::move(guard)),
      wake_reading_(std::move(wake_reading)),
      wake_writing_(std::move(wake_writing)) {
  set_nonblocking(wake_reading_);
  set_nonblocking(wake_writing_);
  // Signals are the host's: none is handled on this thread, and none comes between fork and exec.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run_thread(); });
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
    killing_ = true;
    wake();
  }
  thread_.join();
}

// --- Requests ------------------------------------------------------------------------------------

void Pool::wake() noexcept {
  const char byte = 0;
  // A full pipe wakes as well as one byte does.
  if (write(wake_writing_.get(), &byte, 1) < 0) { return; }
}

void Pool::submit(Job job) {
  const std::lock_guard lock(mutex_);
  requests_.emplace_back(std::move(job));
  idle_ = false;
  wake();
}

void Pool::cancel(std::string_view release_id, Ticket ticket) {
  const std::lock_guard lock(mutex_);
  requests_.emplace_back(Key(release_id, ticket));
  idle_ = false;
  wake();
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

void Pool::take_requests() {
  std::deque<Request> requests;
  bool killing = false;
  {
    const std::lock_guard lock(mutex_);
    requests.swap(requests_);
    killing = std::exchange(killing_, false);
  }
  for (Request& request : requests) {
    if (Job* const job = std::get_if<Job>(&request)) {
      waiting_.push_back(std::move(*job));
    } else {
      cancel_job(std::get<Key>(request));
    }
  }
  if (killing) { kill_jobs(); }
}

void Pool::cancel_job(const Key& key) {
  const auto matches_key = [&](const Job& job) { return matches(job, key.first, key.second); };
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), matches_key), waiting_.end());
  for (Running& running : running_) {
    if (!matches_key(running.job) || running.kill_at) { continue; }
    kill(-running.child.pid, SIGTERM);
    kill(-running.child.pid, SIGCONT);  // A stopped one handles no SIGTERM.
    running.kill_at = std::chrono::steady_clock::now() + options_.grace;
  }
}

void Pool::kill_jobs() {
  for (const Job& job : waiting_) {
    job.reply.failed("the host stopped it before its program was started");
  }
  waiting_.clear();
  for (const Running& running : running_) { kill(-running.child.pid, SIGKILL); }
}

// --- Starting ------------------------------------------------------------------------------------

bool Pool::is_running(const Job& job) const {
  return std::any_of(running_.begin(), running_.end(), [&](const Running& running) {
    return matches(running.job, release_of(job.call), ticket_of(job.call));
  });
}

void Pool::start_waiting() {
  for (auto next = waiting_.begin();
       next != waiting_.end() && running_.size() < options_.parallel;) {
    if (is_running(*next)) {  // Issued again while its cancelled program is still ending.
      ++next;
      continue;
    }
    Job job = std::move(*next);
    next = waiting_.erase(next);
    start(std::move(job));
  }
  report_queued();
}

/// Those that came last have not been reported yet: the others were when they began to wait.
void Pool::report_queued() {
  auto job = waiting_.end();
  while (job != waiting_.begin() && !std::prev(job)->queued) { --job; }
  for (; job != waiting_.end(); ++job) {
    job->reply.queued();
    job->queued = true;
  }
}

void Pool::start(Job job) {
  const ReplyTarget reply = job.reply;
  const bool queued = job.queued;
  try {
    Choice choice = choose(job.call, options_);
    switch (choice.kind) {
      case Choice::Kind::Succeed: reply.succeeded(); return;
      case Choice::Kind::Fail: reply.failed(std::move(choice.message)); return;
      case Choice::Kind::Run: break;
    }
    TicketFiles files = files_of(job.call, options_.work_directory);
    // Into the list before the fork: whatever fails after it, the child stays known.
    running_.push_back({std::move(job), std::move(files), {}, {}});
    std::string problem;
    try {
      problem = launch(running_.back(), std::move(choice.program));
    } catch (const std::exception& error) { problem = error.what(); }
    if (!problem.empty()) {
      running_.pop_back();
      reply.failed(std::move(problem));
    } else if (queued) {
      reply.started();  // Its timeout counts from here (R19).
    }
  } catch (const std::exception& error) { reply.failed(error.what()); }
}

/// Empty text: it runs; else why not.
std::string Pool::launch(Running& running, ProgramCall program) {
  const TicketFiles& files = running.files;
  const Call& call = running.job.call;
  std::string problem = make_directories(files.directory);
  if (problem.empty()) { problem = running.capture.open(files.log, options_.log_bytes_max); }
  if (problem.empty()) { problem = write_file(files.arguments, arguments_json(call)); }
  if (!problem.empty()) { return problem; }
  unlink(files.context.c_str());  // It may be left of an attempt that crashed.
  const std::vector<std::string> environment = environment_of(call, files, inherited_);
  if (spawn(program, environment, guard_, running.child)) { return {}; }
  problem = "cannot start " + program.front() + ": " + std::generic_category().message(errno);
  unlink(files.arguments.c_str());
  return problem;
}

// --- Output and ends -------------------------------------------------------------------------

int Pool::wait_time() const {
  int time = -1;
  const auto shorten = [&](int to) { time = time < 0 ? to : std::min(time, to); };
  const SteadyTime now = std::chrono::steady_clock::now();
  for (const Running& running : running_) {
    if (!running.child.ended) { shorten(kFindEndMs); }
    if (!running.kill_at) { continue; }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*running.kill_at - now).count();
    shorten(static_cast<int>(std::clamp<std::int64_t>(left, 0, kWaitMaxMs)));
  }
  return time;
}

void Pool::wait_for_activity() {
  std::vector<pollfd> polled{{wake_reading_.get(), POLLIN, 0}};
  polled.reserve(1 + 3 * running_.size());
  for (const Running& running : running_) {
    for (const Fd* fd : {&running.child.ended, &running.child.out, &running.child.err}) {
      if (*fd) { polled.push_back({fd->get(), POLLIN, 0}); }
    }
  }
  (void)poll(polled.data(), static_cast<nfds_t>(polled.size()), wait_time());
  char bytes[256];
  while (read(wake_reading_.get(), bytes, sizeof bytes) > 0) {}
}

void Pool::read_output() {
  for (Running& running : running_) {
    Child& child = running.child;
    if (child.out && !running.capture.read_from(child.out, false)) { child.out.reset(); }
    if (child.err && !running.capture.read_from(child.err, true)) { child.err.reset(); }
  }
}

void Pool::reap_finished() {
  for (auto at = running_.begin(); at != running_.end();) {
    const std::optional<ProgramEnd> end = find_end(at->child);
    if (!end) {
      ++at;
      continue;
    }
    finish(*at, *end);
    at = running_.erase(at);
  }
}

void Pool::finish(Running& running, const ProgramEnd& end) {
  Child& child = running.child;
  reap(child, end, guard_);
  const ReplyTarget reply = running.job.reply;
  try {
    for (int i = 0; i < kLastReads && (child.out || child.err); ++i) {
      if (child.out && !running.capture.read_from(child.out, false)) { child.out.reset(); }
      if (child.err && !running.capture.read_from(child.err, true)) { child.err.reset(); }
    }
    std::string failure = failure_of(end, running.capture);
    Exported exported;
    if (std::holds_alternative<HookCall>(running.job.call)) {
      exported = read_export(running.files.context);
    }
    if (failure.empty()) { failure = std::move(exported.problem); }
    unlink(running.files.arguments.c_str());
    unlink(running.files.context.c_str());
    send_answer(running.job, std::move(failure), std::move(exported.context));
  } catch (const std::exception& error) { reply.failed(error.what()); }
}

void Pool::kill_overdue() {
  const SteadyTime now = std::chrono::steady_clock::now();
  for (Running& running : running_) {
    if (!running.kill_at || *running.kill_at > now) { continue; }
    kill(-running.child.pid, SIGKILL);
    // It has been sent; a process that the kernel holds ends later.
    running.kill_at = now + std::chrono::hours(1);
  }
}

/// One turn; false: the pool is to end and nothing runs any more.
bool Pool::run_once() {
  take_requests();
  start_waiting();
  {
    const std::lock_guard lock(mutex_);
    idle_ = requests_.empty() && waiting_.empty() && running_.empty();
    if (idle_) { became_idle_.notify_all(); }
    if (idle_ && stopping_) { return false; }
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
      (void)poll(nullptr, 0, kFindEndMs);
    }
  }
}

}  // namespace promoflow::detail
