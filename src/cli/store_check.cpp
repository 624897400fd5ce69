// SPDX-License-Identifier: Apache-2.0
// promoflow verify, replay and prune: what keeps a store in order.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <system_error>

#include "base/printable.hpp"
#include "cli/cli.hpp"
#include "cli/input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/run_call.hpp"
#include "cli/store_access.hpp"
#include "cli/store_export.hpp"
#include "process/launch.hpp"
#include "promoflow/store_history.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kVerifyExamples =
    "Examples:\n"
    "  promoflow verify           the whole store\n"
    "  promoflow verify r-42      one release\n"
    "\n"
    "Exit status: 0 all fits; 1 something does not; 2 the call is wrong, there is no such "
    "release,\n"
    "or the store can't be read.";
constexpr const char* kReplayExamples =
    "Examples:\n"
    "  promoflow replay r-42\n"
    "  promoflow export r-42 --format json > r-42.json && promoflow replay r-42.json\n"
    "\n"
    "Of a file the hashes are checked, too, as 'verify' does it in a store.\n"
    "Exit status: 0 the same trace to the byte; 1 it differs or does not fit, and where it does "
    "first\n"
    "is printed; 2 the call is wrong, or what it names can't be read.";
constexpr const char* kPruneExamples =
    "Examples:\n"
    "  promoflow prune --older-than 30d --dry-run\n"
    "  promoflow prune --older-than 30d\n"
    "\n"
    "Exit status: 0 done, also if there was none; 1 logs could not be removed, and their releases\n"
    "stay for another call; 2 the call is wrong, or the store can't be written.";

struct CheckOptions {
  std::string what;
  std::string store;
  std::string older_than;
  bool dry_run = false;
};

void show_problem(const std::string& name, const HistoryProblem& problem) {
  const std::string where =
      problem.sequence == 0 ? "the start" : "event " + std::to_string(problem.sequence);
  std::string text = name + ": " + where + ": " + problem.message;
  write_out(detail::printable(text) + '\n');
  if (problem.stored.empty() && problem.replayed.empty()) { return; }
  const auto line = [](const char* what, const std::string& trace) {
    write_out(what + (trace.empty() ? "(no line)" : detail::printable(trace)) + '\n');
  };
  line("  stored:   ", problem.stored);
  line("  replayed: ", problem.replayed);
}

// --- verify --------------------------------------------------------------------------------------

Exit verify_one(Store& store, const StoredRelease& release) {
  const auto problem = verify_history(store, release.id);
  if (!problem) { return complain_of_release(store, problem.error(), release.id); }
  if (*problem) {
    show_problem(release.id, **problem);
    return Exit::Wrong;
  }
  write_out(detail::printable(release.id) + ": ok (" + std::to_string(release.sequence) +
            " events)\n");
  return Exit::Fine;
}

Exit verify_all(Store& store) {
  ReleaseFilter page{.limit = 1000};
  Exit exit = Exit::Fine;
  for (;;) {
    const auto releases = store.list(page);
    if (!releases) { return complain(releases.error()); }
    for (const StoredRelease& release : *releases) {
      exit = worse(exit, verify_one(store, release));
    }
    if (releases->size() < page.limit) { return exit; }
    page.after = releases->back().id;
  }
}

Exit verify(const CheckOptions& options) {
  const OpenedStore opened = open_store(options.store, StoreAccess::Ask, true);
  if (!opened.store) { return opened.damaged ? Exit::Wrong : opened.exit; }
  if (options.what.empty()) { return verify_all(*opened.store); }
  const auto row = opened.store->find(options.what);
  if (!row) { return complain_of_release(*opened.store, row.error(), options.what); }
  return verify_one(*opened.store, *row);
}

// --- replay --------------------------------------------------------------------------------------

/// Shows a problem and, if it is not a line that differs, what to do about it.
Exit show_replayed(const std::string& name, HistoryProblem problem, const std::string& advice) {
  if (problem.stored.empty() && problem.replayed.empty()) { problem.message += "; " + advice; }
  show_problem(name, problem);
  return Exit::Wrong;
}

Exit replay_release(Store& store, const std::string& release, const std::string& name,
                    const std::string& advice) {
  const auto problem = replay_history(store, release);
  if (!problem) { return complain_of_release(store, problem.error(), release); }
  if (*problem) { return show_replayed(name, **problem, advice); }
  write_out(detail::printable(name) + ": the same trace, to the byte\n");
  return Exit::Fine;
}

Exit replay_file(const std::string& file) {
  const std::optional<std::string> text = read_input(file);
  if (!text) { return Exit::Usage; }
  const auto store = make_memory_store();
  if (!store) { return complain(store.error()); }
  const std::string name = input_name(file);
  const auto release = import_release(**store, *text);
  if (!release) { return complain(name + ": " + release.error().message); }
  const std::string advice =
      "the file is not what was exported: export it anew with 'promoflow export " + *release +
      " --format json'";
  const auto broken = verify_history(**store, *release);
  if (!broken) { return complain(name + ": " + broken.error().message); }
  if (*broken) { return show_replayed(name, **broken, advice); }
  return replay_release(**store, *release, name, advice);
}

Exit replay(const CheckOptions& options) {
  std::error_code ignored;
  // A pipe is a file, too, where it is named by its path: an id seldom has a slash.
  const bool is_path = options.what.find('/') != std::string::npos &&
                       std::filesystem::exists(options.what, ignored) &&
                       !std::filesystem::is_directory(options.what, ignored);
  if (is_path || options.what == "-" || std::filesystem::is_regular_file(options.what, ignored)) {
    return replay_file(options.what);
  }
  const OpenedStore opened = open_store(options.store, StoreAccess::Ask);
  if (!opened.store) { return opened.exit; }
  return replay_release(
      *opened.store, options.what, options.what,
      "see what '" + store_command("verify " + shell_word(options.what)) + "' says of its events");
}

// --- prune ---------------------------------------------------------------------------------------

/// Removes the directory with the logs of a release, and nothing else. It is moved aside first: a
/// process that retries the release just now has one of its own. False, and a message: it is there.
bool remove_logs(const StoreStart& start) {
  const std::optional<RunCall> call = read_run_call(start.run);
  if (!call || call->work_directory.empty()) { return true; }
  const std::string directory = detail::release_directory(call->work_directory, start.info.id);
  // No release has a directory whose name begins so.
  const std::string aside =
      call->work_directory + "/.pruned-" + directory.substr(directory.rfind('/') + 1);
  std::error_code error;
  std::filesystem::remove_all(aside, error);  // An earlier call may have been killed.
  if (!error) { std::filesystem::rename(directory, aside, error); }
  if (error == std::errc::no_such_file_or_directory) { return true; }
  if (!error) { std::filesystem::remove_all(aside, error); }
  if (!error) { return true; }
  std::error_code ignored;
  std::filesystem::rename(aside, directory, ignored);
  tell("release '" + start.info.id + "' stays, for its logs in " + directory +
       " can't be removed: " + error.message());
  return false;
}

struct Pruned {
  std::size_t removed = 0;
  std::size_t kept = 0;  ///< Their logs could not be removed.
};

Exit remove_one(Store& store, const std::string& release, Pruned& pruned) {
  const auto row = store.find(release);
  if (!row) { return complain_of_release(store, row.error(), release); }
  if (!is_final(row->status) || row->owner) { return Exit::Fine; }  // It was retried just now.
  const auto start = store.start_of(release);
  if (!start) { return complain_of_release(store, start.error(), release); }
  // The logs first: without the release nobody would know where they are.
  if (!remove_logs(*start)) {
    ++pruned.kept;
    return Exit::Wrong;
  }
  if (const auto removed = store.remove(release); !removed) {
    if (removed.error().code == ErrorCode::NotAllowed) { return Exit::Fine; }
    return complain_of_release(store, removed.error(), release);
  }
  ++pruned.removed;
  write_out(detail::printable(release) + '\n');
  return Exit::Fine;
}

std::string count_of(std::size_t releases) {
  return std::to_string(releases) + (releases == 1 ? " release" : " releases");
}

Exit prune(const CheckOptions& options) {
  const auto age = parse_age(options.older_than);
  if (!age) {
    return complain("--older-than " + options.older_than + ": write a time such as 30d or 12h");
  }
  const OpenedStore opened = open_store(options.store, StoreAccess::Ask);
  if (!opened.store) { return opened.exit; }
  if (!options.dry_run && !can_be_written(opened.path)) { return complain_of_writing(opened.path); }
  constexpr std::uint32_t kAtOnce = 10'000;
  const auto releases = opened.store->ended_before(detail::wall_time() - *age, kAtOnce);
  if (!releases) { return complain(releases.error()); }
  Exit exit = Exit::Fine;
  Pruned pruned;
  for (const std::string& release : *releases) {
    if (options.dry_run) {
      write_out(detail::printable(release) + '\n');
      continue;
    }
    exit = worse(exit, remove_one(*opened.store, release, pruned));
    if (exit == Exit::Usage) { return exit; }
  }
  const std::string more =
      releases->size() == kAtOnce ? "; there may be more: call it again" : std::string();
  if (options.dry_run) {
    tell(count_of(releases->size()) + " would be removed, with their logs" + more);
  } else {
    tell(count_of(pruned.removed) + " removed, with their logs" +
         (pruned.kept > 0 ? ", and " + count_of(pruned.kept) + " not" : "") + more);
  }
  return exit;
}

}  // namespace

void add_verify(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "verify",
      "Check that nobody has changed what a store says: its pages, and the chain of hashes.\n"
      "It names the first event that does not fit.");
  const auto options = std::make_shared<CheckOptions>();
  self->add_option("ID", options->what, "A release; if not given, all")->option_text(" ");
  add_store(*self, options->store);
  self->footer(kVerifyExamples);
  self->callback([options, &command] { command = [options] { return verify(*options); }; });
}

void add_replay(CLI::App& app, Command& command) {
  CLI::App* const self =
      app.add_subcommand("replay",
                         "Apply the events of a release anew, and compare each line of its trace.\n"
                         "So a newer version shows whether it would have decided the same.");
  const auto options = std::make_shared<CheckOptions>();
  self->add_option("FILE", options->what,
                   "The release's id, or a file that 'promoflow export --format json' wrote")
      ->required()
      ->option_text(" ");
  add_store(*self, options->store);
  self->footer(kReplayExamples);
  self->callback([options, &command] { command = [options] { return replay(*options); }; });
}

void add_prune(CLI::App& app, Command& command) {
  CLI::App* const self =
      app.add_subcommand("prune",
                         "Remove releases that ended long ago, with their logs.\n"
                         "One that has not ended, or that a process drives, is never removed.");
  const auto options = std::make_shared<CheckOptions>();
  self->add_option("--older-than", options->older_than, "Those that ended so long ago, such as 30d")
      ->required()
      ->option_text("TIME");
  self->add_flag("--dry-run", options->dry_run, "Only list them");
  add_store(*self, options->store);
  self->footer(kPruneExamples);
  self->callback([options, &command] { command = [options] { return prune(*options); }; });
}

}  // namespace promoflow::cli
