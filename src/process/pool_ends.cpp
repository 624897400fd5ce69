// SPDX-License-Identifier: Apache-2.0
// Pool: what programs print, their ends, and the answers.
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <exception>

#include "process/escaped.hpp"
#include "process/pool.hpp"
#include "process/supervisor_protocol.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

// Where the system has no descriptor for a process, its end is looked for this often.
constexpr int kFindEndMs = 20;
constexpr int kWaitMaxMs = 3'600'000;
// After a program's end a process that left its group may go on printing: reading has to end.
constexpr int kLastReads = 16;

}  // namespace

void send_answer(const Reply& reply, std::string failure, Exported exported, bool suspended) {
  if (suspended) {
    reply.suspended();
    reply.stopped();  // If it is cancelled while it waits, nothing has to end.
    return;
  }
  if (failure.empty()) { failure = std::move(exported.problem); }
  if (failure.empty()) {
    reply.succeeded(std::move(exported.context));
  } else {
    reply.failed(std::move(failure), std::move(exported.context));
  }
}

bool is_suspension(const ProgramEnd& end) noexcept {
  return end.known && end.signal == 0 && end.status == kSuspendedStatus;
}

std::string omitted_note(const Environment& environment) {
  return "not handed as variables, but in $PROMOFLOW_ARGUMENTS_PATH: " + environment.omitted;
}

int Pool::wait_time() const {
  int time = -1;
  const auto shorten = [&](int to) { time = time < 0 ? to : std::min(time, to); };
  const SteadyTime now = std::chrono::steady_clock::now();
  const auto shorten_until = [&](SteadyTime at) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - now).count();
    shorten(static_cast<int>(std::clamp<std::int64_t>(left, 0, kWaitMaxMs)));
  };
  for (const Program& program : running_) {
    if (!waits_ && !program.end_handle()) { shorten(kFindEndMs); }
    if (program.kill_at) { shorten_until(*program.kill_at); }
  }
  if (starts_at_) { shorten_until(*starts_at_); }
  return time;
}

void Pool::wait_for_activity() {
  std::vector<pollfd> polled{{parts_.wake_reading.get(), POLLIN, 0}};
  polled.reserve(1 + 3 * running_.size());
  for (const Program& program : running_) {
    const Fd& ended = program.end_handle();
    if (ended && !waits_) { polled.push_back({ended.get(), POLLIN, 0}); }
    for (const Fd* fd : {&program.child.out, &program.child.err}) {
      if (*fd) { polled.push_back({fd->get(), POLLIN, 0}); }
    }
  }
  (void)poll(polled.data(), static_cast<nfds_t>(polled.size()), wait_time());
  char bytes[256];
  while (read(parts_.wake_reading.get(), bytes, sizeof bytes) > 0) {}
}

void Pool::read_output() {
  for (Program& program : running_) {
    Child& child = program.child;
    if (child.out && !program.capture.read_from(child.out, false)) { child.out.reset(); }
    if (child.err && !program.capture.read_from(child.err, true)) { child.err.reset(); }
  }
}

void Pool::reap_finished() {
  if (waits_) { return; }
  if (options_.durable) { return reap_supervisors(); }
  Programs ended;
  for (Program& program : running_) {
    program.end = find_end(program.child);
    if (program.end) { ended.push_back(&program); }
  }
  if (ended.empty()) { return; }
  for (Program* const program : ended) { reap(program->child, *program->end, *parts_.guard); }
  signal_escaped(ended, SIGKILL, kPassesMax);
  for (Program* const program : ended) { finish(*program); }
  running_.remove_if([](const Program& program) { return program.end.has_value(); });
  starts_at_.reset();  // What was short may be there now.
}

/// Reads what is left of the output, gives the descriptors back, and answers.
void Pool::finish(Program& program) noexcept {
  Child& child = program.child;
  try {
    for (int i = 0; i < kLastReads && (child.out || child.err); ++i) {
      if (child.out && !program.capture.read_from(child.out, false)) { child.out.reset(); }
      if (child.err && !program.capture.read_from(child.err, true)) { child.err.reset(); }
    }
    child.out.reset();
    child.err.reset();
    child.ended.reset();
    program.capture.close();
    spare_.reset();
    answer(program);
  } catch (const std::exception& error) { program.job.reply.failed(error.what()); }
  (void)program.directory->remove(program.files.arguments);
  (void)program.directory->remove(program.files.context);
  keep_spare();
}

void Pool::keep_spare() noexcept {
  spare_ = Fd(fcntl(parts_.wake_reading.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

void Pool::answer(Program& program) {
  if (program.is_cancelled) { return program.job.reply.stopped(); }  // Nobody asks how it ended.
  Exported exported;
  if (may_export(program.job.call)) {
    exported = program.directory->read_export(program.files.context, program.files.rejected);
  }
  send_answer(program.job.reply, failure_message(*program.end, program.capture.last_words()),
              std::move(exported), options_.suspends && is_suspension(*program.end));
}

void Pool::kill_overdue() {
  const SteadyTime now = std::chrono::steady_clock::now();
  Programs overdue;
  for (Program& program : running_) {
    if (!program.kill_at || *program.kill_at > now) { continue; }
    overdue.push_back(&program);
    // It is sent once; a process that the kernel holds ends later.
    program.kill_at = now + std::chrono::hours(1);
  }
  if (!overdue.empty()) { signal_programs(overdue, SIGKILL); }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
