// SPDX-License-Identifier: Apache-2.0
// promoflow run: a real release, with programs as hooks.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>

#include "cli/cli.hpp"
#include "cli/run_view.hpp"
#include "promoflow/executor.hpp"
#include "promoflow/manifest.hpp"
#include "promoflow/process_executor.hpp"

#include <pwd.h>
#include <unistd.h>

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "A hook is the program of its name in DIR, a promotion DIR/promotions/ENVIRONMENT or\n"
    "DIR/promotions/default. Arguments come as environment variables, and all of them in the\n"
    "JSON file $PROMOFLOW_ARGUMENTS_PATH; what is written to $PROMOTION_CONTEXT_PATH is exported.\n"
    "Exit status 0 is success; else the end of standard error is the failure's message.\n"
    "Without any program for promotions they succeed at once.\n"
    "\n"
    "Examples:\n"
    "  promoflow run flow.yaml --hooks ./hooks\n"
    "  promoflow run flow.yaml --hooks ./hooks --set release.id=r-42 --set release.version=1.4.0\n"
    "  promoflow run flow.yaml --hooks ./hooks --until staging\n"
    "  promoflow run flow.yaml --commands commands.yaml --parallel 4 --format jsonl\n"
    "where commands.yaml says\n"
    "  hooks: {slack-start: [./notify, started], smoke-tests: /usr/local/bin/smoke}\n"
    "  promotions: {default: ./promote}\n"
    "\n"
    "Ctrl-C terminates the release: what runs is stopped, then its onFail hooks run. A second\n"
    "Ctrl-C forces the end: everything is killed, and no further hook runs.\n"
    "Exit status: 0 the release succeeded; 1 it did not, or the flow is wrong; 2 the call is\n"
    "wrong; 130 a second Ctrl-C forced its end.";

struct RunSettings {
  std::string flow_file;
  std::string flow_name;
  std::string directory;
  std::string commands_file;
  std::string context_file;
  std::string work_directory;
  std::string format;
  std::string grace = "10s";
  std::string color;
  SelectionOptions selection;
  std::uint32_t parallel = ProcessOptions{}.parallel;
  std::vector<std::string> settings;
};

/// The name of the user who runs the program; empty if the system does not know it.
std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) != 0) { return {}; }
  return found != nullptr && found->pw_name != nullptr ? found->pw_name : "";
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) { sigaddset(&signals, signal); }
  return signals;
}

/// Waits for Ctrl-C, SIGTERM and SIGHUP on a thread of its own. They must be blocked in all
/// threads. The first one terminates the release, a further one forces its end.
class Stopper {
 public:
  Stopper(Control control, ProcessExecutor& executor)
      : control_(std::move(control)), executor_(executor), thread_([this] { run_thread(); }) {}
  Stopper(const Stopper&) = delete;
  Stopper& operator=(const Stopper&) = delete;
  ~Stopper() {
    done_ = true;
    pthread_kill(thread_.native_handle(), SIGHUP);  // Ends its wait.
    thread_.join();
  }
  bool forced() const noexcept { return stops_ > 1; }

 private:
  void run_thread() {
    const sigset_t signals = stop_signals();
    for (;;) {
      int signal = 0;
      if (sigwait(&signals, &signal) != 0) { continue; }
      if (done_) { return; }
      const char* const name = signal == SIGINT    ? "Ctrl-C"
                               : signal == SIGTERM ? "SIGTERM"
                                                   : "SIGHUP";
      const bool force = ++stops_ > 1;
      control_.terminate(std::string("stopped by ") + name, force, user_);
      if (force) {
        executor_.kill_all();
        write_error("promoflow: forcing the end of the release: everything that runs is killed\n");
      } else {
        write_error(
            "promoflow: terminating the release; its onFail hooks still run. Press Ctrl-C again "
            "to force its end\n");
      }
    }
  }

  Control control_;
  ProcessExecutor& executor_;
  const std::string user_ = user_name();
  std::atomic<int> stops_{0};
  std::atomic<bool> done_{false};
  std::thread thread_;  // Last: it uses all of the above.
};

/// The system's time. Whenever run() waits, the view is drawn.
class ViewClock final : public Clock {
 public:
  explicit ViewClock(RunView& view) : view_(view) {}
  Instant now() override { return system_clock().now(); }
  void wait(Waiting& waiting, std::optional<Instant> deadline) override {
    view_.idle(now());
    if (view_.is_live()) {
      const Instant next = now() + std::chrono::seconds{1};
      deadline = deadline ? std::min(*deadline, next) : next;
    }
    system_clock().wait(waiting, deadline);
  }

 private:
  RunView& view_;
};

/// Where logs go: the directory that the call names, or a new one that is removed after a success.
class WorkDirectory {
 public:
  Exit open(const std::string& given) {
    path_ = given;
    if (!given.empty()) { return Exit::Fine; }
    std::error_code error;
    std::string name = (std::filesystem::temp_directory_path(error) / "promoflow-XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr) {
      return complain(
          "cannot make a temporary directory for logs; name a directory with --work-dir");
    }
    path_ = name;
    own_ = true;
    return Exit::Fine;
  }
  const std::string& path() const noexcept { return path_; }
  void close(bool succeeded) const {
    std::error_code ignored;
    if (own_ && succeeded) {
      std::filesystem::remove_all(path_, ignored);
    } else {
      write_error("promoflow: the logs are in " + path_ + "\n");
    }
  }

 private:
  std::string path_;
  bool own_ = false;
};

/// `billing-20261123T092213Z`: another id for each call.
std::string make_id(const Flow& flow) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  (void)std::strftime(text, sizeof text, "-%Y%m%dT%H%M%SZ", &parts);
  return std::string(flow.name()) + text;
}

Exit read_commands(const RunSettings& settings, ProcessOptions& options) {
  const std::optional<std::string> text = read_input(settings.commands_file);
  if (!text) { return Exit::Usage; }
  const std::string directory =
      std::filesystem::absolute(settings.commands_file).parent_path().string();
  Result<ProcessCommandsReport> report = read_process_commands(*text, directory);
  if (!report) { return complain(report.error()); }
  const Exit shown =
      show_diagnostics(report->diagnostics, settings.commands_file, *text, settings.color);
  if (shown != Exit::Fine || !report->commands) { return Exit::Usage; }
  options.commands = std::move(*report->commands);
  return Exit::Fine;
}

Exit read_options(const RunSettings& settings, ProcessOptions& options) {
  if (settings.directory.empty() == settings.commands_file.empty()) {
    return complain("run: say where the programs are: --hooks DIR or --commands FILE");
  }
  std::error_code ignored;
  if (!settings.directory.empty() && !std::filesystem::is_directory(settings.directory, ignored)) {
    return complain("--hooks " + settings.directory +
                    ": there is no such directory; make it, or name another");
  }
  const Result<std::chrono::milliseconds> grace = parse_duration(settings.grace);
  if (!grace) { return complain("--grace " + settings.grace + ": write a time such as 10s"); }
  options.directory = settings.directory;
  options.parallel = settings.parallel;
  options.grace = *grace;
  options.promote_without_program = true;
  if (settings.commands_file.empty()) { return Exit::Fine; }
  return read_commands(settings, options);
}

void warn_of_missing_promotions(const ProcessOptions& options) {
  std::error_code ignored;
  if (options.commands.promotions ||
      (!options.directory.empty() &&
       std::filesystem::is_directory(options.directory + "/promotions", ignored))) {
    return;
  }
  write_error("promoflow: no program for promotions is configured: they succeed at once\n");
}

RunFormat format_of(const RunSettings& settings) {
  if (settings.format == "jsonl") { return RunFormat::Json; }
  const char* const term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  return isatty(STDOUT_FILENO) != 0 && !dumb ? RunFormat::Live : RunFormat::Lines;
}

/// Runs the release. When this returns, none of its programs runs any more.
Exit drive(const Flow& flow, ReleaseInfo info, const RunSettings& settings, RunOptions running,
           ProcessOptions options) {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // Before any thread: all inherit it.
  auto executor = ProcessExecutor::create(std::move(options));
  if (!executor) { return complain(executor.error()); }
  RunView view(format_of(settings), wants_color(settings.color, stdout));
  ViewClock clock(view);
  running.clock = &clock;
  running.observer = [&](const Release& release, const Record& record) {
    view.add(release, record, clock.now());
  };
  Stopper stopper(running.control, **executor);
  const Result<Release> release = run(flow, std::move(info), **executor, running);
  view.finish();
  (void)std::fflush(stdout);  // Where both go to one file, the summary comes last.
  // What was started between a forced stop and its Terminate is killed, too, not waited for.
  if (stopper.forced()) { (*executor)->kill_all(); }
  (*executor)->wait_idle();
  if (!release) { return complain(release.error()); }
  if (settings.format != "jsonl" && !release->message().empty()) {
    write_error("promoflow: " + std::string(to_string(release->status())) + ": " +
                std::string(release->message()) + "\n");
  }
  if (stopper.forced()) { return Exit::Forced; }
  return release->status() == ReleaseStatus::Succeeded ? Exit::Fine : Exit::Wrong;
}

Exit run_flow(const RunSettings& settings) {
  ReleaseInfo info;
  for (const std::string& setting : settings.settings) {
    if (const Exit exit = apply_setting(setting, info); exit != Exit::Fine) { return exit; }
  }
  ProcessOptions options;
  if (const Exit exit = read_options(settings, options); exit != Exit::Fine) { return exit; }
  const LoadedFlow loaded = load_one_flow(settings.flow_file, settings.flow_name, settings.color);
  if (!loaded.flow) { return loaded.exit; }
  RunOptions running;
  const Exit selected = apply_selection(settings.selection, *loaded.flow, running.selection);
  if (selected != Exit::Fine) { return selected; }
  if (!settings.context_file.empty()) {
    std::optional<std::string> text = read_input(settings.context_file);
    if (!text) { return Exit::Usage; }
    running.context = std::move(*text);
  }
  if (info.id.empty()) { info.id = make_id(*loaded.flow); }
  WorkDirectory work;
  if (const Exit exit = work.open(settings.work_directory); exit != Exit::Fine) { return exit; }
  options.work_directory = work.path();
  warn_of_missing_promotions(options);
  const Exit exit =
      drive(*loaded.flow, std::move(info), settings, std::move(running), std::move(options));
  work.close(exit == Exit::Fine);
  return exit;
}

}  // namespace

void add_run(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "run",
      "Run a real release of a flow: hooks and promotions are programs.\n"
      "Many run at once, where the flow allows it; the output of each goes to a log.");
  const auto options = std::make_shared<RunSettings>();
  self->add_option("FLOW", options->flow_file, "Manifest of the flow; - is standard input")
      ->required()
      ->option_text(" ");
  self->add_option("--hooks", options->directory, "The directory with the programs")
      ->option_text("DIR");
  self->add_option("--commands", options->commands_file, "Or a file that names them")
      ->option_text("FILE");
  self->add_option("--set", options->settings,
                   "Set release.id, .url, .product, .version or .commitSha; can be repeated")
      ->allow_extra_args(false)
      ->take_all()
      ->option_text("KEY=VALUE");
  add_selection(*self, options->selection);
  self->add_option("--context", options->context_file, "Initial promotion context, a JSON object")
      ->option_text("FILE");
  self->add_option("--parallel", options->parallel,
                   "Programs at once; 16 if not given; further ones wait")
      ->option_text("N");
  self->add_option("--grace", options->grace,
                   "From SIGTERM to SIGKILL for what is stopped; 10s if not given")
      ->option_text("TIME");
  self->add_option("--work-dir", options->work_directory,
                   "Where logs are kept; if not given, only of a release that fails")
      ->option_text("DIR");
  add_choice(*self, "--format", options->format, {"text", "jsonl"},
             "Lines to read (a live view on a terminal), or one JSON object a line");
  self->add_option("--flow", options->flow_name, "Which flow, where the file has several")
      ->option_text("NAME");
  add_color(*self, options->color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return run_flow(*options); }; });
}

}  // namespace promoflow::cli
