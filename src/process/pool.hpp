// SPDX-License-Identifier: Apache-2.0
/// @file
/// Pool: the thread that starts programs, reads their output and reaps them. Everything about a
/// program happens on this thread; other threads leave requests in a queue.
///
/// If the pool is durable each program has a supervisor, which does all that, and the thread waits
/// for the supervisors' ends.
///
/// A program that cannot be started because descriptors, processes, memory or room on a disk are
/// short waits, as one for which there is no free slot does: nothing fails for a shortage.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "process/capture.hpp"
#include "process/child.hpp"
#include "process/launch.hpp"
#include "process/lookup.hpp"
#include "process/supervision.hpp"
#include "process/variables.hpp"
#include "process/work_directory.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Of a call that has been stored: another process may make it, too.
struct KnownRun {
  std::string directory;
  bool was_lost = false;  ///< It began, and is made again all the same.
};

struct Job {
  Call call;
  Reply reply;
  bool queued = false;     ///< It has been reported as waiting (R19).
  bool was_short = false;  ///< Its supervisor was started, and had no room for its record.
  std::optional<KnownRun> run{};
};

/// An answer: a failure if the message is not empty, or if what was exported is wrong. `suspended`:
/// it waits for a person, and nothing of it runs.
void send_answer(const Reply& reply, std::string failure, Exported exported, bool suspended);

/// Whether the program has ended with the status that asks for a person.
bool is_suspension(const ProgramEnd& end) noexcept;

/// For the log: what of the call is not in the environment.
std::string omitted_note(const Environment& environment);

/// What a pool is made of: all that the system may refuse.
struct PoolParts {
  WorkDirectory work;
  std::optional<GuardProcess> guard{};  ///< Unless it is durable.
  std::string supervisor{};             ///< If it is durable: its path.
  Fd wake_reading{};
  Fd wake_writing{};
  std::string mark{};  ///< signal_marked() finds the pool's programs by it.
};

class Pool {
 public:
  /// May throw std::bad_alloc, and NoThread.
  Pool(ProcessOptions options, PoolParts parts);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();

  /// Thread-safe. May throw std::bad_alloc.
  void submit(Job job);
  void cancel(std::string_view release_id, Ticket ticket);
  /// Thread-safe.
  void kill_all() noexcept;
  void wait_idle() noexcept;
  void hold(bool wait) noexcept;
  /// Nothing is asked of the call any more.
  void forget(std::string_view release_id, Ticket ticket) noexcept;

  // --- If it is durable: thread-safe, may throw std::bad_alloc -----------------------------------

  bool is_durable() const noexcept { return options_.durable; }
  std::string reference(std::string_view release_id, Ticket ticket);
  Recovery recover(Call call, std::string_view reference, const Reply& reply);
  bool recover_cancelled(std::string_view release_id, Ticket ticket, std::string_view reference,
                         const Reply& reply);

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Key = std::pair<std::string, Ticket>;
  /// A program of an executor before this one.
  struct Attach {
    Job job;
    Supervision supervision;
  };
  using Request = std::variant<Job, Key, Attach>;  ///< To run, to cancel, to wait for.

  /// A program that waits or runs.
  struct Program {
    Job job;
    std::uint64_t number = 0;  ///< In its mark. The rest is of one that runs.
    TicketFiles files{};
    std::shared_ptr<const ReleaseDirectory> directory{};
    Child child{};
    Capture capture{};
    std::optional<Supervision> supervision{};  ///< Then it has no child, and its log is elsewhere.
    bool is_cancelled = false;
    std::optional<SteadyTime> kill_at{};  ///< When it was cancelled.
    std::optional<ProgramEnd> end{};

    const Fd& end_handle() const noexcept { return supervision ? supervision->ended : child.ended; }
  };
  enum class Start : unsigned char { Running, Answered, Short };
  using Programs = std::vector<Program*>;

  void run_thread();
  bool run_once();
  void take_requests();
  void attach(Attach request);
  void assign_run(Job& job);
  bool attach_cancelled(const Key& key, const std::string& path, const Reply& reply);
  void cancel_job(const Key& key, Programs& cancelled);
  void kill_jobs();
  void signal_programs(const Programs& programs, int signal) noexcept;
  void end_programs(const Programs& programs, int signal) noexcept;
  void signal_escaped(const Programs& programs, int signal, int passes) noexcept;
  void start_waiting();
  void report_queued();
  Start start(Program& program);
  Problem launch(Program& program, const ProgramCall& command);
  Problem prepare(Program& program, OpenedFile& log);
  Environment environment_for(const Program& program, const ReleaseDirectory& directory,
                              const std::string& arguments, const std::string& context,
                              const std::string& mark) const;
  Start launch_supervised(Program& program, const ProgramCall& command, Problem& problem);
  Start go_on_supervised(Program& program);
  void back_off();
  bool is_short(const Problem& problem);
  void end_shortage();
  void tell(const std::string& message) const noexcept;
  Problem hopeless(int error) const;
  void wait_for_activity();
  void read_output();
  void reap_finished();
  void reap_supervisors();
  bool has_supervisor_ended(Program& program) noexcept;
  void finish(Program& program) noexcept;
  void finish_supervised(Program& program, int status) noexcept;
  void answer(Program& program);
  void answer_supervised(Program& program);
  void answer_lost(const Program& program);
  void keep_spare() noexcept;
  void kill_overdue();
  bool is_running(const Job& job) const;
  int wait_time() const;
  void wake() noexcept;

  const ProcessOptions options_;
  const Variables inherited_;
  PoolParts parts_;

  std::mutex mutex_;
  std::condition_variable became_idle_;
  std::deque<Request> requests_;
  bool killing_ = false;
  bool stopping_ = false;
  bool idle_ = true;
  bool holding_ = false;  ///< What has ended is answered for later.
  /// Of calls that are about to be made, by application. That of none is the directory in which
  /// those of applications are.
  std::map<std::pair<Key, std::string>, KnownRun> runs_;

  // Used by the thread only.
  std::list<Program> waiting_;  ///< In their order; the queued ones come first.
  std::list<Program> running_;
  std::uint64_t numbers_ = 0;              ///< Given to programs.
  std::optional<SteadyTime> starts_at_{};  ///< Something is short: nothing is started before this.
  std::chrono::milliseconds back_off_{};   ///< How long the last wait was.
  bool is_disk_full_ = false;              ///< The host has been told so.
  bool waits_ = false;                     ///< holding_, as of this turn.
  Fd spare_;  ///< Closed while an export is read: that must not fail for want of a descriptor.

  std::thread thread_;  // Last: it uses all of the above.
};

/// A pool whose options have been checked. Errors: those of ProcessExecutor::create(). May throw
/// std::bad_alloc, and NoThread.
Result<std::unique_ptr<Pool>> open_pool(ProcessOptions options);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
