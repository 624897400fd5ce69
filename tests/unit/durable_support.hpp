// SPDX-License-Identifier: Apache-2.0
/// @file
/// What tests of programs that outlive their host share: programs that say in files how far they
/// are, and answers without a release.
#pragma once

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "executor/inbox.hpp"
#include "process/run_directory.hpp"
#include "process_support.hpp"

namespace promoflow::test {

/// Takes the answers of calls, and waits for them.
class Answers {
 public:
  Reply reply(Ticket ticket) {
    inbox_->open(ticket, {detail::CommandKind::Hook, std::nullopt});
    return Reply(inbox_, ticket);
  }
  detail::Message next() {
    inbox_->wait_for(std::nullopt);
    return std::move(inbox_->take().value());
  }
  bool has_one() const { return inbox_->ready(); }
  /// The call is about to be cancelled; its end is waited for by wait_stopped().
  void close(Ticket ticket) { inbox_->close_cancelled(ticket); }
  void wait_stopped(Ticket ticket) {
    while (cancelled_->runs(ticket)) { std::this_thread::yield(); }
  }

 private:
  std::shared_ptr<detail::SharedCancelledCalls> cancelled_ =
      std::make_shared<detail::SharedCancelledCalls>();
  std::shared_ptr<detail::Inbox> inbox_ = std::make_shared<detail::Inbox>(cancelled_);
};

/// A directory whose hooks have supervisors.
class DurableDirectory : public TestDirectory {
 public:
  DurableDirectory() {
    options.durable = true;
    options.supervisor = PROMOFLOW_SUPERVISOR;
  }

  HookCall call(std::uint64_t ticket = 1) const {
    HookCall made;
    made.ticket = static_cast<Ticket>(ticket);
    made.release_id = "r";
    made.hook = "h";
    made.context = "{}";
    return made;
  }
  std::string at(const std::string& name) const { return (root / name).string(); }
  /// For a script: writes a line into a file that is whole when it is there.
  std::string say(const std::string& name, const std::string& what = "done") const {
    return "echo \"" + what + "\" >" + at(name) + ".new; mv " + at(name) + ".new " + at(name) +
           "\n";
  }
  /// For a script: waits for a file.
  std::string await(const std::string& name) const {
    return "while [ ! -e " + at(name) + " ]; do sleep 0.01; done\n";
  }
  void touch(const std::string& name) const { std::ofstream(root / name) << "now\n"; }
  /// Waits for a file of a script.
  std::string awaited(const std::string& name) const {
    while (!fs::exists(root / name)) { std::this_thread::yield(); }
    std::string text = read(name);
    if (!text.empty() && text.back() == '\n') { text.pop_back(); }
    return text;
  }
  /// The hook h: counts itself, says that it has begun, and ends when it may.
  void script_of_two_halves(const std::string& end = "true") const {
    script("h", "echo run >>" + at("runs") + "\n" + say("begun", "$$") + await("go") + end);
  }
  detail::RunLook look(const std::string& path) const {
    detail::RunDirectory run;
    return run.open(path, false) ? detail::RunLook() : run.look();
  }
  /// Waits until nothing of the call runs any more.
  detail::RunLook await_end(const std::string& path) const {
    for (;;) {
      detail::RunLook found = look(path);
      if (found.state == detail::RunState::Ended || found.state == detail::RunState::Lost) {
        return found;
      }
      std::this_thread::yield();
    }
  }
  /// The names in a directory, in order.
  static std::vector<std::string> names_in(const fs::path& path) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
};

/// A process that has an executor and one call, and is killed with what it holds.
class HostProcess {
 public:
  /// `body` runs in the new process.
  template <class Body>
  explicit HostProcess(Body&& body) : process_(fork()) {
    if (process_ != 0) { return; }
    setpgid(0, 0);
    for (const int signal : {SIGHUP, SIGTERM, SIGINT}) { ::signal(signal, SIG_DFL); }
    body();
    for (;;) { pause(); }
  }
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;
  ~HostProcess() { kill_with(SIGKILL); }

  pid_t process() const { return process_; }
  /// Sends a signal to its whole process group, and reaps it.
  void kill_with(int signal) {
    if (process_ <= 0) { return; }
    kill(-process_, signal);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }

 private:
  pid_t process_;
};

}  // namespace promoflow::test
