// SPDX-License-Identifier: Apache-2.0
// promoflow run: a real release, with programs as hooks.
#include <CLI/CLI.hpp>
#include <ctime>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>

#include "base/parse_json.hpp"
#include "cli/cli.hpp"
#include "cli/configuration_input.hpp"
#include "cli/input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/run_host.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "A hook is the program of its name in DIR, a promotion DIR/promotions/ENVIRONMENT or\n"
    "DIR/promotions/default. Arguments come as environment variables, and all of them in the\n"
    "JSON file $PROMOFLOW_ARGUMENTS_PATH; what is written to $PROMOTION_CONTEXT_PATH is exported.\n"
    "Exit status 0 is success; else the end of standard error (or, if that is blank, of standard\n"
    "output) is the failure's message.\n"
    "Without any program for promotions nothing starts, unless --no-promotions is given.\n"
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
    "The release is kept in a store: 'promoflow list', 'show' and 'logs' tell of it, 'resume' "
    "goes\n"
    "on with it should this process be killed. A program that ends with exit status 75 waits for\n"
    "'promoflow approve' or 'reject'.\n"
    "\n"
    "Ctrl-C terminates the release: what runs is stopped, then its onFail hooks run. Another one,\n"
    "a second later or more, forces the end: everything is killed, and no further hook runs.\n"
    "SIGTERM is like Ctrl-C; SIGHUP terminates, but never forces. One that is ignored, as under\n"
    "nohup, stays ignored. With --detach-on-interrupt each of them ends this process alone.\n"
    "Exit status: 0 the release succeeded; 1 it did not, or the flow is wrong; 2 the call is\n"
    "wrong; 130 a second Ctrl-C forced its end.";

constexpr const char* kRunsEnding = ".runs";  // Behind the path of a store.

struct RunSettings {
  std::string flow_file;
  std::string flow_name;
  ConfigurationChoice choice;
  RunCall call;
  std::string store;
  std::string context_file;
  SelectionOptions selection;
  std::vector<std::string> settings;
  HostSettings host;
  bool no_store = false;
  bool check_only = false;
};

/// `billing-20261123T092213Z`: another id for each second.
std::string make_id(const Flow& flow) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  (void)std::strftime(text, sizeof text, "-%Y%m%dT%H%M%SZ", &parts);
  return std::string(flow.name()) + text;
}

/// What the library says of a value, by the option that gave it.
Exit complain_of_start(const Error& error, const RunSettings& settings) {
  if (error.where == "context") {
    return complain("--context " + settings.context_file + ": " + error.message);
  }
  if (error.code == ErrorCode::ReleaseExists) { return complain_of_taken_id(error.where); }
  return complain(error);
}

/// A release for people can do without its lines; one for programs cannot.
Exit check_output(const RunSettings& settings) {
  if (output_is_open()) { return Exit::Fine; }
  if (settings.host.format == "jsonl") {
    return complain("--format jsonl: standard output is closed; nothing is started");
  }
  do_without_output();
  return Exit::Fine;
}

/// Whether standard input is asked for once at most.
Exit check_inputs(const RunSettings& settings) {
  int readers = 0;
  for (const std::string* const path :
       {&settings.flow_file, &settings.call.programs.commands_file,
        &settings.call.argo.applications_file, &settings.context_file}) {
    readers += *path == "-" ? 1 : 0;
  }
  return readers < 2 ? Exit::Fine : complain("standard input (-) can be read only once");
}

/// Paths as they are from any directory.
RunCall absolute_call(RunCall call, const std::string& work_directory) {
  std::error_code ignored;
  const auto make_absolute = [&](std::string& path) {
    if (!path.empty() && path != "-") {
      path = std::filesystem::absolute(path, ignored).lexically_normal().string();
    }
  };
  call.work_directory = work_directory;
  make_absolute(call.work_directory);
  make_absolute(call.programs.directory);
  make_absolute(call.programs.commands_file);
  make_absolute(call.argo.kubeconfig);
  make_absolute(call.argo.applications_file);
  call.directory = std::filesystem::current_path(ignored).string();
  return call;
}

/// The id that was given, or one that is taken neither in the store nor in the work directory.
Exit choose_id(Store* store, const Flow& flow, std::string& id, WorkDirectory& work) {
  const bool made = id.empty();
  if (made) { id = make_id(flow); }
  const std::string first = id;
  for (int number = 2; made && store != nullptr && store->find(id); ++number) {
    id = first + '-' + std::to_string(number);
  }
  return work.lock(id, made);
}

/// Looks up all programs, and, where hooks are workflows, their templates. Exit::Fine, or it has
/// told what is missing.
Exit check_call(const RunSettings& settings, const Flow& flow, const ProcessOptions& options,
                const EngineStart& start) {
  const RunCall& call = settings.call;
  const Exit exit =
      check_programs(call.programs, flow, options, start.selection, call.argo.is_argo());
  if (exit != Exit::Fine || !call.argo.is_argo()) { return exit; }
  std::vector<std::string> keys;
  const auto context = detail::parse_json(start.context);
  if (context.is_object()) {
    for (const auto& [key, value] : context.items()) { keys.push_back(key); }
  }
  return check_templates(call.argo, flow, start.selection, keys);
}

/// Whether the directory for logs, if it is not a temporary one, can be used.
Exit check_directory(const RunSettings& settings, const std::string& id) {
  std::string directory = settings.call.work_directory;
  if (!directory.empty()) {
    const std::string problem = why_no_directory(directory);
    if (!problem.empty()) { return complain("--work-dir " + directory + ": " + problem); }
  } else if (!settings.no_store) {
    const std::optional<std::string> store = store_path(settings.store);
    if (!store) { return Exit::Usage; }
    directory = file_of_store(*store) + kRunsEnding;
  } else {
    return Exit::Fine;
  }
  const std::string problem = why_no_release(directory, id);
  return problem.empty() ? Exit::Fine
                         : complain(problem + "; name another directory with --work-dir");
}

/// What else a run refuses before its first command. Nothing of it is made.
Exit check_start(const RunSettings& settings, const Flow& flow, ProcessOptions options,
                 const EngineStart& start) {
  const std::string id = start.info.id.empty() ? make_id(flow) : start.info.id;
  if (!settings.no_store) {
    const Exit exit = check_store(settings.store, id);
    if (exit != Exit::Fine) { return exit; }
  }
  if (const Exit exit = check_directory(settings, id); exit != Exit::Fine) { return exit; }
  ReleaseInfo info = start.info;
  info.id = id;
  const auto release =
      Release::start(flow, info, system_clock().now(), start.context, start.selection);
  if (!release) { return complain_of_start(release.error(), settings); }
  WorkDirectory work;  // Another one, so that the options are all that is judged.
  if (const Exit exit = work.open("", false); exit != Exit::Fine) { return exit; }
  options.work_directory = work.path();
  options.durable = !settings.no_store;
  const auto programs = ProcessExecutor::create(std::move(options));
  work.close(true);
  return programs ? Exit::Fine : complain_of_options(programs.error(), settings.call);
}

/// Runs the release. When this returns, none of its programs runs any more.
Exit drive(const Flow& flow, EngineStart start, const RunSettings& settings,
           ProcessOptions options) {
  RunHost host(settings.host);
  OpenedStore opened;
  auto work = std::make_unique<WorkDirectory>();
  std::string work_directory = settings.call.work_directory;
  if (!settings.no_store) {
    opened = open_store(settings.store, StoreAccess::Drive);
    if (!opened.store) { return opened.exit; }
    if (work_directory.empty()) { work_directory = opened.path + kRunsEnding; }
  }
  const bool lasting = settings.call.work_directory.empty() && !settings.no_store;
  if (const Exit exit = work->open(work_directory, lasting); exit != Exit::Fine) { return exit; }
  const Exit chosen = choose_id(opened.store.get(), flow, start.info.id, *work);
  if (chosen != Exit::Fine) { return chosen; }
  options.work_directory = work->path();
  options.suspends = !settings.no_store;  // Nobody could answer without one.
  options.durable = !settings.no_store;   // Nor could anybody find the programs again.
  const RunCall call = absolute_call(settings.call, work->path());
  start.run = to_text(call);
  if (const Exit exit = host.open(std::move(opened.store)); exit != Exit::Fine) { return exit; }
  const Exit added = host.add(start.info.id, call, std::move(options), std::move(work));
  if (added != Exit::Fine) { return added; }
  const std::string id = start.info.id;
  if (const auto started = host.start(flow, std::move(start)); !started) {
    if (const std::optional<Exit> exit = host.stopped()) {
      tell("the release '" + id + "' was not started: its start could not be stored so far");
      return *exit;
    }
    return complain_of_start(started.error(), settings);
  }
  return host.wait();
}

Exit run_flow(RunSettings& settings) {
  if (const Exit exit = check_inputs(settings); exit != Exit::Fine) { return exit; }
  if (settings.no_store && (!settings.store.empty() || settings.host.detach_on_interrupt)) {
    return complain("--no-store goes neither with --store nor with --detach-on-interrupt");
  }
  EngineStart start;
  start.info.product = settings.choice.product;
  for (const std::string& setting : settings.settings) {
    const Exit exit = apply_setting(setting, start.info);
    if (exit != Exit::Fine) { return exit; }
  }
  if (const Exit exit = check_output(settings); exit != Exit::Fine) { return exit; }
  const Exit fits = check_argo_settings(settings.call.argo);
  if (fits != Exit::Fine) { return fits; }
  ProcessOptions options;
  const Exit read = read_process_options(settings.call, settings.host.color, options);
  if (read != Exit::Fine) { return read; }
  const LoadedFlow loaded = load_chosen_flow(settings.flow_file, settings.flow_name,
                                             settings.choice, settings.host.color);
  if (!loaded.flow) { return loaded.exit; }
  const Exit selected = apply_selection(settings.selection, *loaded.flow, start.selection);
  if (selected != Exit::Fine) { return selected; }
  if (!settings.context_file.empty()) {
    std::optional<std::string> text = read_input(settings.context_file);
    if (!text) { return Exit::Usage; }
    start.context = std::move(*text);
  }
  const Exit checked = check_call(settings, *loaded.flow, options, start);
  if (checked != Exit::Fine) { return checked; }
  if (settings.check_only) {
    const Exit starts = check_start(settings, *loaded.flow, std::move(options), start);
    if (starts != Exit::Fine) { return starts; }
    write_out(settings.call.argo.is_argo()
                  ? "ok: every template and program that the flow needs is there\n"
                  : "ok: every program that the flow needs is there\n");
    return Exit::Fine;
  }
  return drive(*loaded.flow, std::move(start), settings, std::move(options));
}

}  // namespace

void add_run(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "run",
      "Run a real release of a flow: hooks and promotions are programs.\n"
      "Many run at once, where the flow allows it; the output of each goes to a log.");
  const auto options = std::make_shared<RunSettings>();
  CLI::Option* const flow_file =
      self->add_option("FLOW", options->flow_file, "Manifest of the flow; - is standard input")
          ->option_text(" ");
  add_programs(*self, options->call.programs);
  self->add_flag("--check", options->check_only,
                 "Look the programs and templates up, as every run does first, and run nothing");
  self->add_option("--set", options->settings,
                   "Set release.id, .url, .product, .version or .commitSha; can be repeated")
      ->allow_extra_args(false)
      ->take_all()
      ->option_text("KEY=VALUE");
  add_selection(*self, options->selection);
  self->add_option("--context", options->context_file, "Initial promotion context, a JSON object")
      ->option_text("FILE");
  add_driving(*self, options->call, options->host);
  self->add_option("--work-dir", options->call.work_directory,
                   "Where logs are kept; if not given, beside the store")
      ->option_text("DIR");
  add_store(*self, options->store);
  self->add_flag("--no-store", options->no_store,
                 "Keep nothing: the release ends with this process");
  add_choice(*self, "--format", options->host.format, {"text", "jsonl"},
             "Lines to read (a live view on a terminal), or one JSON object a line");
  self->add_option("--flow", options->flow_name, "Which flow, where there are several")
      ->option_text("NAME");
  add_configuration(*self, options->choice, flow_file);
  add_color(*self, options->host.color);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return run_flow(*options); }; });
}

}  // namespace promoflow::cli
