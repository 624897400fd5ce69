// SPDX-License-Identifier: Apache-2.0
#include "cli/run_host.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "base/json_writer.hpp"
#include "base/printable.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/store_record.hpp"
#include "process/supervisor_protocol.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/store_history.hpp"

namespace promoflow::cli {
namespace {

constexpr std::uint32_t kAll = 1'000'000;  // The engine's own bound: what limits is --parallel.
constexpr std::chrono::seconds kForceWait{2};
constexpr std::size_t kAskers = 3;  // To terminate, to force that, and to leave.

RunFormat format_of(const HostSettings& settings) {
  if (settings.format == "jsonl") { return RunFormat::Json; }
  const char* const term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  const bool live = isatty(STDOUT_FILENO) != 0 && !dumb && !settings.named;
  return live ? RunFormat::Live : RunFormat::Lines;
}

/// An option's value as it was typed, and what is wrong with it.
Exit complain_of(const char* option, const std::string& value, const std::string& problem) {
  return complain(std::string(option) + ' ' + value + ": " + problem);
}

/// The first line that is printed of a release.
std::string first_line(const StoreStart& start, RunFormat format, bool resumed) {
  if (format == RunFormat::Json && !resumed) { return started_line(start); }
  std::string line;
  if (format == RunFormat::Json) {
    detail::JsonWriter json(line);
    json.begin_object().key("event").text("resumed").key("release").text(start.info.id);
    json.key("flow")
        .text(start.flow_name)
        .key("at")
        .text(detail::rfc3339(detail::wall_time()))
        .end_object();
    return line;
  }
  line = "release " + start.info.id + " of " + start.flow_name + (resumed ? " goes on" : "");
  return detail::printable(line);
}

/// Who drives a release now that this process does not.
std::optional<StoreOwner> new_driver(Store& store, const std::string& release) {
  const auto row = store.find(release);
  return row ? drivers().of(*row) : std::nullopt;
}

}  // namespace

/// The system's time. Whenever the engine waits, the views are drawn.
class RunHost::HostClock final : public Clock {
 public:
  explicit HostClock(RunHost& host) : host_(host) {}
  Instant now() override { return system_clock().now(); }
  void wait(Waiting& waiting, std::optional<Instant> deadline) override {
    host_.idle(now());
    if (host_.is_live()) {
      const Instant next = now() + std::chrono::seconds{1};
      deadline = deadline ? std::min(*deadline, next) : next;
    }
    system_clock().wait(waiting, deadline);
  }

 private:
  RunHost& host_;
};

void add_driving(CLI::App& app, RunCall& call, HostSettings& settings) {
  app.add_option("--parallel", call.parallel,
                 "Programs at once; 16 if not given; further ones wait")
      ->option_text("N");
  app.add_option("--grace", call.grace,
                 "From SIGTERM to SIGKILL for what is stopped; 10s if not given")
      ->option_text("TIME");
  app.add_flag("--detach-on-interrupt", settings.detach_on_interrupt,
               "Ctrl-C and its kin end this process alone: 'resume' goes on");
  add_argo(app, call.argo);
}

Exit complain_of_options(const Error& error, const RunCall& call) {
  if (error.where == "options.export_variables") {
    return complain("--export-variables: " + error.message);
  }
  if (error.where == "options.work_directory") {
    return complain_of("--work-dir", call.work_directory, error.message);
  }
  if (error.where == "options.supervisor") {
    return complain(std::string(detail::kSupervisorName) +
                    " is neither beside this program nor where it was installed, and a release in "
                    "a store needs it: install promoflow anew");
  }
  return complain(error);
}

Exit read_process_options(RunCall& call, std::string_view color, ProcessOptions& options) {
  constexpr std::uint32_t kParallelMax = 1024;
  constexpr std::chrono::hours kGraceMax{24};
  Exit exit = read_programs(call.programs, color, options, call.argo.is_argo());
  if (exit == Exit::Fine) { exit = read_applications(call.argo, color); }
  if (exit != Exit::Fine) { return exit; }
  options.work_directory = call.work_directory;
  if (!call.grace.empty()) {
    const Result<std::chrono::milliseconds> grace = parse_duration(call.grace);
    if (!grace || grace->count() < 0 || *grace > kGraceMax) {
      return complain_of("--grace", call.grace, "write a time such as 10s, at most 24h");
    }
    options.grace = *grace;
  }
  if (call.parallel.empty()) { return Exit::Fine; }
  std::uint64_t parallel = 0;
  exit = read_number("--parallel", call.parallel, 1, kParallelMax, parallel);
  if (exit == Exit::Fine) { options.parallel = static_cast<std::uint32_t>(parallel); }
  return exit;
}

RunHost::RunHost(HostSettings settings)
    : settings_(std::move(settings)),
      format_(format_of(settings_)),
      background_(kAskers),
      clock_(std::make_unique<HostClock>(*this)),
      stopper_(std::make_unique<Stopper>(signals_, static_cast<StopActions&>(*this),
                                         settings_.detach_on_interrupt)) {}

RunHost::~RunHost() {
  if (engine_) { engine_->stop(); }
  output_.finish();
  stopper_.reset();  // Until here: a signal ends each of these waits.
  background_.finish();
  engine_.reset();  // Its thread uses the views.
}

Exit RunHost::open(std::unique_ptr<Store> store) {
  in_memory_ = store == nullptr;
  if (in_memory_) {
    auto made = make_memory_store();
    if (!made) { return complain(made.error()); }
    store = std::move(*made);
  }
  store_ = std::move(store);
  auto engine =
      Engine::create({.store = store_.get(),
                      .executors = {{"process", &executors_}},
                      .clock = clock_.get(),
                      .releases_max = kAll,
                      .commands_max = kAll,
                      .observer = [this](const EngineRecord& record) { show(record); },
                      .store_trouble = [this](const Error* error) { tell_store(error); }});
  if (!engine) { return complain(engine.error()); }
  const std::lock_guard lock(mutex_);
  engine_ = std::move(*engine);
  return Exit::Fine;
}

Exit RunHost::add(const std::string& release, const RunCall& call, ProcessOptions options,
                  std::unique_ptr<WorkDirectory> work) {
  const std::string key = to_text(call);
  if (!executors_.contains(key)) {
    CallExecutors made;
    options.notice = [](std::string_view message) { tell(message); };
    auto programs = ProcessExecutor::create(std::move(options));
    if (!programs) { return complain_of_options(programs.error(), call); }
    made.programs = std::move(*programs);
    if (call.argo.is_argo()) {
      const auto notice = [](std::string_view message) { tell(message); };
      const auto lost = [this] { leave_soon(); };
      const Exit exit = make_argo(call.argo, *made.programs, *store_, notice, lost, made.argo);
      if (exit != Exit::Fine) { return exit; }
    }
    executors_.add(key, std::move(made));
  }
  executors_.assign(release, key);
  const Exit exit = executors_.claim(release, key);
  if (exit != Exit::Fine) { return exit; }
  const std::lock_guard lock(mutex_);
  releases_[release].work = std::move(work);
  return Exit::Fine;
}

void RunHost::drop(const std::string& release) {
  const std::lock_guard lock(mutex_);
  releases_.erase(release);
}

void RunHost::make_view(const std::string& release, const Flow& flow) {
  const std::lock_guard lock(mutex_);
  Driven& driven = releases_[release];
  driven.view = std::make_unique<RunView>(format_, wants_color(settings_.color, stdout),
                                          settings_.named ? release : "", flow,
                                          [&work = *driven.work](Ticket ticket) {
                                            const std::string path = work.log_of(ticket);
                                            return path.empty() ? path : shell_word(path);
                                          });
}

Result<void> RunHost::start(const Flow& flow, EngineStart start) {
  make_view(start.info.id, flow);
  has_begun_ = true;
  return engine_->start(flow, std::move(start));
}

Result<void> RunHost::resume(const StoreStart& start, const Flow& flow, const Retry* retry) {
  const std::string& id = start.info.id;
  make_view(id, flow);
  {
    const std::lock_guard lock(mutex_);
    RunView& view = *releases_.at(id).view;
    auto read = each_trace_line(
        *store_, start, [&](std::uint64_t, std::string_view line) { view.add(line, true); });
    if (!read) { return read; }
    view.begin(first_line(start, format_, true), start.at);
  }
  has_begun_ = true;
  Result<void> resumed = retry != nullptr ? engine_->retry(id, *retry) : engine_->resume(id);
  if (resumed) {
    const std::lock_guard lock(mutex_);
    releases_.at(id).view->announce();
  }
  return resumed;
}

// --- On the engine's thread ----------------------------------------------------------------------

void RunHost::show(const EngineRecord& record) {
  const std::lock_guard lock(mutex_);
  const auto found = releases_.find(std::string(record.release));
  if (found == releases_.end() || !found->second.view) { return; }
  RunView& view = *found->second.view;
  if (record.sequence == 0 && record.index == 0) {
    if (const auto start = store_->start_of(record.release)) {
      view.begin(first_line(*start, format_, false), start->at);
    }
  }
  view.add(record.line);
}

void RunHost::idle(Instant now) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, driven] : releases_) {
    if (driven.view) { driven.view->idle(now); }
  }
}

bool RunHost::is_live() { return format_ == RunFormat::Live; }

void RunHost::tell_store(const Error* error) {
  store_fails_ = error != nullptr;
  if (error == nullptr) {
    tell("the store works again");
  } else {
    tell("the store fails: " + error->message +
         "; it is tried again, and nothing is started until it works");
  }
}

// --- On the thread that waits for signals --------------------------------------------------------

std::vector<std::string> RunHost::ids() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, driven] : releases_) { ids.push_back(id); }
  return ids;
}

/// The engine answers once the end is stored, which may take long where the store fails.
void RunHost::ask_all(const std::string& reason, const std::string& by, bool force) {
  const std::future<void> asked = background_.add([this, reason, by, force, all = ids()] {
    for (const std::string& id : all) {
      // What has ended meanwhile refuses it.
      static_cast<void>(engine_->apply(id, Terminate{reason, force, by}));
    }
  });
  // A program that is killed must find its release ended, or onFail hooks would begin.
  if (force) { (void)asked.wait_for(kForceWait); }
}

std::string RunHost::terminate(const std::string& reason, const std::string& by) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::Ended) {
      return "all has ended, but what is printed is not read; a second Ctrl-C or SIGTERM, a "
             "second later or more, gives the rest of it up";
    }
    if (phase_ == Phase::Starting) {
      asked_ = Asked{reason, by};
      return "terminating the release as soon as its start is stored; its onFail hooks still run. "
             "A second Ctrl-C or SIGTERM, a second later or more, gives the start up";
    }
  }
  ask_all(reason, by, false);
  return "terminating the release; its onFail hooks still run. A second Ctrl-C or SIGTERM, a "
         "second later or more, forces its end";
}

void RunHost::force(const std::string& reason, const std::string& by) {
  output_.hurry();
  Phase phase{};
  {
    const std::lock_guard lock(mutex_);
    phase = phase_;
  }
  switch (phase) {
    case Phase::Ended: return;
    case Phase::Starting:
      tell("the start is given up: what is not stored is not started");
      stop_engine(Exit::Forced);
      break;
    case Phase::Driving:
      if (store_fails_) {
        tell("the store fails, so the end of the release can't be kept: it stays as it was");
        engine_->stop();
      } else {
        ask_all(reason, by, true);
      }
      tell("forcing the end of the release: everything that runs is killed");
  }
  executors_.kill_all();
}

/// Where no release was begun, the thread that is to begin one may wait for something that cannot
/// be told to stop, and there is nothing to be put in order: the program ends at once.
void RunHost::stop_engine(Exit exit) {
  if (!has_begun_) {
    output_.hurry();
    output_.finish();
    std::_Exit(static_cast<int>(exit));
  }
  engine_->stop();
}

void RunHost::leave() {
  has_left_ = true;
  stop_engine(Exit::Wrong);
}

void RunHost::give_up_output() { output_.hurry(); }

/// On the thread of an executor, which the engine's end may wait for.
void RunHost::leave_soon() {
  if (has_left_.exchange(true)) { return; }
  (void)background_.add([this] { engine_->stop(); });
}

// --- The end -------------------------------------------------------------------------------------

std::optional<Exit> RunHost::stopped() const {
  if (stopper_->forced()) { return Exit::Forced; }
  return has_left_ ? std::optional(Exit::Wrong) : std::nullopt;
}

Exit RunHost::wait() {
  std::optional<Asked> asked;
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::Driving;
    asked = std::exchange(asked_, std::nullopt);
  }
  if (asked) { ask_all(asked->reason, asked->by, false); }
  for (const std::string& id : ids()) { static_cast<void>(engine_->wait(id)); }
  // What was left runs on, under its supervisors.
  if (!has_left_) {
    // What was started between a forced stop and its Terminate is killed, too, not waited for.
    if (stopper_->forced()) { executors_.kill_all(); }
    executors_.wait_idle();
  }
  engine_->stop();
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::Ended;
  }
  background_.finish();
  Exit exit = Exit::Fine;
  for (auto& [id, driven] : releases_) { exit = worse(exit, tell_end(id, driven)); }
  output_.finish();
  return stopper_->forced() ? Exit::Forced : exit;
}

/// How a release ended, and where to read more.
Exit RunHost::tell_end(const std::string& release, Driven& driven) {
  const std::string named = settings_.named ? release + ": " : "";
  const auto loaded = load_release(*store_, release);
  if (!loaded) { return complain(named + loaded.error().message); }
  const ReleaseStatus status = loaded->release.status();
  const bool succeeded = status == ReleaseStatus::Succeeded;
  const std::vector<std::string>& logs = driven.view->failed_logs();
  if (settings_.format == "jsonl") {
    constexpr std::size_t kLogsShownMax = 10;
    for (std::size_t i = 0; i < logs.size() && i < kLogsShownMax; ++i) {
      write_error("promoflow: the log of a failure is " + logs[i] + "\n");
    }
  } else if (is_final(status) && !loaded->release.message().empty()) {
    std::string text;
    for (const char c : detail::printable_lines(loaded->release.message())) {
      text += c;
      if (c == '\n') { text += "  "; }
    }
    write_error("promoflow: " + detail::printable(named) + std::string(to_string(status)) + ": " +
                text + "\n");
  }
  if (const auto other = is_final(status) ? std::nullopt : new_driver(*store_, release)) {
    tell(named + words_of(*other) + " has taken the release over, and drives it now: " +
         store_command("show " + shell_word(release)));
  } else if (!is_final(status) && !in_memory_) {
    tell(named + "the release is " + std::string(to_string(status)) +
         "; go on with it: " + store_command("resume " + shell_word(release)));
  }
  driven.work->close(succeeded && logs.empty());  // A failure may have been ignored.
  return succeeded ? Exit::Fine : Exit::Wrong;
}

}  // namespace promoflow::cli
