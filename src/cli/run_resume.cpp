// SPDX-License-Identifier: Apache-2.0
// promoflow resume and retry: going on with releases that nobody drives.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <system_error>

#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/run_host.hpp"
#include "cli/store_ask.hpp"
#include "store/load.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kResumeExamples =
    "How 'run' was called is in the store: where the programs are, and the options. What is given\n"
    "here stands over it. Variables of the environment are those of this call. Ctrl-C terminates\n"
    "all of them, as in 'run'; with --detach-on-interrupt it ends this process alone.\n"
    "\n"
    "Examples:\n"
    "  promoflow resume r-42\n"
    "  promoflow resume --all\n"
    "  promoflow resume r-42 --hooks ./mended-hooks\n"
    "\n"
    "Exit status: 0 all that it drove succeeded, or there was nothing to drive; 1 not; 2 the call "
    "is\n"
    "wrong, or a release is refused; 130 a second Ctrl-C forced the end.";
constexpr const char* kRetryExamples =
    "A process that drives the release is asked to do it. If nobody drives it, as after its end,\n"
    "this one does, as 'resume' would.\n"
    "\n"
    "Examples:\n"
    "  promoflow retry r-42\n"
    "  promoflow retry r-42 --environments staging,prod-eu\n"
    "\n"
    "Exit status: 0 applied, or the release succeeded; 1 refused, or it did not; 2 the call is\n"
    "wrong; 3 the release has not ended and nobody drives it.";

struct ResumeSettings {
  std::vector<std::string> releases;
  std::string store;
  RunCall call;
  HostSettings host;
  std::vector<std::string> environments;
  bool all = false;
  bool no_wait = false;
};

/// What is given here stands over what the release was started with.
RunCall merged(RunCall stored, const RunCall& given) {
  std::error_code ignored;
  const auto absolute = [&](const std::string& path) {
    return path == "-" ? path : std::filesystem::absolute(path, ignored).string();
  };
  const ProgramSettings& programs = given.programs;
  if (!programs.directory.empty() || !programs.commands_file.empty()) {
    stored.programs.directory = stored.programs.commands_file = stored.programs.commands_text = "";
  }
  if (!programs.directory.empty()) { stored.programs.directory = absolute(programs.directory); }
  if (!programs.commands_file.empty()) {
    stored.programs.commands_file = absolute(programs.commands_file);
  }
  if (programs.no_promotions) { stored.programs.no_promotions = true; }
  if (!programs.export_variables.empty()) {
    stored.programs.export_variables = programs.export_variables;
  }
  if (!given.parallel.empty()) { stored.parallel = given.parallel; }
  if (!given.grace.empty()) { stored.grace = given.grace; }
  merge_argo(stored.argo, given.argo);
  if (!given.argo.kubeconfig.empty()) { stored.argo.kubeconfig = absolute(given.argo.kubeconfig); }
  if (!given.argo.applications_file.empty()) {
    stored.argo.applications_file = absolute(given.argo.applications_file);
  }
  return stored;
}

/// What is known of a release that is to be driven.
struct Found {
  StoreStart start;
  Flow flow;
  RunCall call;
};

Exit find_release(Store& store, const std::string& id, const RunCall& given,
                  std::optional<Found>& found) {
  auto start = store.start_of(id);
  if (!start) { return complain_of_release(store, start.error(), id); }
  const std::optional<RunCall> call = read_run_call(start->run);
  if (!call) {
    return complain("release '" + id +
                    "' was not started by 'promoflow run': the program that "
                    "started it goes on with it");
  }
  auto flow = detail::flow_of(*start);
  if (!flow) { return complain("release '" + id + "': " + flow.error().message); }
  found.emplace(Found{std::move(*start), *flow, merged(*call, given)});
  return Exit::Fine;
}

/// Drives one release; a refusal is told, and leaves the others alone.
Exit take_up(RunHost& host, Found& found, const ResumeSettings& settings, const Retry* retry) {
  const std::string& id = found.start.info.id;
  ProcessOptions options;
  Exit exit = check_argo_settings(found.call.argo);
  if (exit == Exit::Fine) { exit = read_process_options(found.call, settings.host.color, options); }
  if (exit == Exit::Fine) {
    exit = check_programs(found.call.programs, found.flow, options, found.start.selection,
                          found.call.argo.is_argo());
  }
  if (exit != Exit::Fine) { return exit; }
  options.durable = true;
  auto work = std::make_unique<WorkDirectory>();
  exit = work->open(found.call.work_directory, true);
  if (exit == Exit::Fine) { exit = work->adopt(id); }
  if (exit == Exit::Fine) { exit = host.add(id, found.call, std::move(options), std::move(work)); }
  if (exit != Exit::Fine) { return exit; }
  const auto resumed = host.resume(found.start, found.flow, retry);
  if (resumed) { return Exit::Fine; }
  host.drop(id);
  const bool refused = resumed.error().code == ErrorCode::NotAllowed ||
                       resumed.error().code == ErrorCode::UnknownEnvironment;
  complain("release '" + id + "': " + resumed.error().message);
  return refused ? Exit::Wrong : Exit::Usage;
}

/// Programs run in the directory in which `run` was called, where all have the same.
void enter_directory(const std::vector<Found>& all) {
  std::set<std::string> directories;
  for (const Found& found : all) { directories.insert(found.call.directory); }
  if (directories.size() != 1) {
    tell("these releases were started in different directories; their programs run in this one");
    return;
  }
  std::error_code error;
  std::filesystem::current_path(*directories.begin(), error);
  if (error) {
    tell("the programs ran in " + *directories.begin() +
         ", which can't be entered: " + error.message() + "; they run in this directory");
  }
}

Exit drive_all(std::unique_ptr<RunHost> host, std::vector<Found> all,
               const ResumeSettings& settings, const Retry* retry) {
  Exit exit = Exit::Fine;
  if (!all.empty()) { enter_directory(all); }
  for (Found& found : all) { exit = worse(exit, take_up(*host, found, settings, retry)); }
  return worse(exit, host->wait());
}

/// Adds the settings of a release whose hooks were workflows, each once.
void note_cluster(Store& store, const std::string& id, const ArgoSettings& given,
                  std::map<std::string, ArgoSettings>& clusters) {
  const auto start = store.start_of(id);
  const std::optional<RunCall> call = start ? read_run_call(start->run) : std::nullopt;
  if (!call || !call->argo.is_argo()) { return; }
  RunCall only{.argo = call->argo};
  merge_argo(only.argo, given);
  clusters.emplace(to_text(only), only.argo);
}

/// The process that drove them may have been killed when they had just ended: then workflows of
/// theirs are still kept for it. What is driven from here on lets go of those by itself.
Exit settle_ended(Store& store, const std::vector<std::string>& ended,
                  const std::vector<Found>& driven, const ArgoSettings& given) {
  std::map<std::string, ArgoSettings> clusters;
  std::map<std::string, ArgoSettings> others;
  for (const std::string& id : ended) { note_cluster(store, id, given, clusters); }
  for (const Found& found : driven) { note_cluster(store, found.start.info.id, given, others); }
  Exit exit = Exit::Fine;
  for (const auto& [text, settings] : clusters) {
    if (others.contains(text)) { continue; }
    exit = worse(
        exit, settle_left_behind(settings, store, [](std::string_view message) { tell(message); }));
  }
  return exit;
}

/// The newest ones.
Exit find_ended(Store& store, std::vector<std::string>& ids) {
  constexpr std::uint32_t kLookedAt = 1000;
  const auto rows = store.list({.limit = kLookedAt});
  if (!rows) { return complain(rows.error()); }
  for (const StoredRelease& row : *rows) {
    if (is_final(row.status) && !drivers().of(row)) { ids.push_back(row.id); }
  }
  return Exit::Fine;
}

/// Ids of the releases that have not ended and that nobody drives.
Exit find_undriven(Store& store, std::vector<std::string>& ids) {
  ReleaseFilter page{.unfinished = true, .limit = 1000};
  for (;;) {
    const auto rows = store.list(page);
    if (!rows) { return complain(rows.error()); }
    for (const StoredRelease& row : *rows) {
      if (!drivers().of(row)) { ids.push_back(row.id); }
    }
    if (rows->size() < page.limit) { return Exit::Fine; }
    page.after = rows->back().id;
  }
}

Exit resume(ResumeSettings& settings) {
  use_store(settings.store);
  if (settings.all == !settings.releases.empty()) {
    return complain("resume: name the releases, or say --all; '" + store_command("list") +
                    "' shows what nobody drives");
  }
  settings.host.named = settings.all || settings.releases.size() > 1;
  auto host = std::make_unique<RunHost>(settings.host);
  OpenedStore opened = open_store(settings.store, StoreAccess::Drive);
  if (!opened.store) { return opened.exit; }
  std::vector<std::string> ids = settings.releases;
  std::vector<std::string> ended;
  if (settings.all) {
    if (const Exit exit = find_undriven(*opened.store, ids); exit != Exit::Fine) { return exit; }
    if (const Exit exit = find_ended(*opened.store, ended); exit != Exit::Fine) { return exit; }
    if (ids.empty()) {
      tell("there is nothing to go on with: every release has ended, or is driven");
    }
  }
  std::vector<Found> all;
  Exit exit = Exit::Fine;
  for (const std::string& id : ids) {
    const auto row = opened.store->find(id);
    if (row && is_final(row->status)) {
      ended.push_back(id);
      exit = worse(
          exit,
          complain("release '" + id + "' has ended: it is " + std::string(to_string(row->status)) +
                   "; '" + store_command("retry " + shell_word(id)) + "' lets what failed go on"));
      continue;
    }
    std::optional<Found> found;
    exit = worse(exit, find_release(*opened.store, id, settings.call, found));
    if (found) { all.push_back(std::move(*found)); }
  }
  exit = worse(exit, settle_ended(*opened.store, ended, all, settings.call.argo));
  if (const Exit begun = host->open(std::move(opened.store)); begun != Exit::Fine) { return begun; }
  return worse(exit, drive_all(std::move(host), std::move(all), settings, nullptr));
}

Exit retry(ResumeSettings& settings) {
  const std::string& id = settings.releases.front();
  OpenedStore opened = open_store(settings.store, StoreAccess::Drive);
  if (!opened.store) { return opened.exit; }
  const auto row = opened.store->find(id);
  if (!row) { return complain_of_release(*opened.store, row.error(), id); }
  const std::vector<std::string_view> names(settings.environments.begin(),
                                            settings.environments.end());
  const std::string by = user_name();
  Retry what{.by = by};
  if (!names.empty()) { what.environments = BorrowedNames(names); }
  if (drivers().of(*row) || !is_final(row->status)) {
    return ask(*opened.store, id, what, !settings.no_wait);
  }
  std::optional<Found> found;
  const Exit exit = find_release(*opened.store, id, settings.call, found);
  if (!found) { return exit; }
  auto host = std::make_unique<RunHost>(settings.host);  // Who only asks is ended by any signal.
  if (const Exit begun = host->open(std::move(opened.store)); begun != Exit::Fine) { return begun; }
  std::vector<Found> all;
  all.push_back(std::move(*found));
  return drive_all(std::move(host), std::move(all), settings, &what);
}

void add_host_options(CLI::App& app, ResumeSettings& settings) {
  add_programs(app, settings.call.programs);
  add_driving(app, settings.call, settings.host);
  add_store(app, settings.store);
  add_choice(app, "--format", settings.host.format, {"text", "jsonl"},
             "Lines to read, or one JSON object a line");
  add_color(app, settings.host.color);
}

}  // namespace

void add_resume(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "resume",
      "Go on with releases that nobody drives, such as those of a process that was killed.\n"
      "Programs that have ended are not run again; the store knows what has.");
  const auto options = std::make_shared<ResumeSettings>();
  self->add_option("ID", options->releases, "Releases, as 'promoflow list' shows them")
      ->option_text("...");
  self->add_flag("--all", options->all, "All that have not ended and that nobody drives");
  add_host_options(*self, *options);
  self->footer(kResumeExamples);
  self->callback([options, &command] { command = [options] { return resume(*options); }; });
}

void add_retry(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "retry",
      "Let what failed or was terminated in a release go on from where it stopped.\n"
      "What has succeeded is not run again.");
  const auto options = std::make_shared<ResumeSettings>();
  options->releases.resize(1);
  self->add_option("ID", options->releases.front(), "The release, as 'promoflow list' shows it")
      ->required()
      ->option_text(" ");
  self->add_option("--environments", options->environments,
                   "Only these (a,b), also while the release goes on")
      ->allow_extra_args(false)
      ->take_all()
      ->delimiter(',')
      ->option_text("NAMES");
  self->add_flag("--no-wait", options->no_wait,
                 "Where a process drives the release: do not wait for what it says");
  add_host_options(*self, *options);
  self->footer(kRetryExamples);
  self->callback([options, &command] { command = [options] { return retry(*options); }; });
}

}  // namespace promoflow::cli
