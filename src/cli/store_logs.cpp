// SPDX-License-Identifier: Apache-2.0
// promoflow logs: what the programs of a release have printed.
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <thread>

#include "base/printable.hpp"
#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/run_call.hpp"
#include "cli/store_access.hpp"
#include "cli/store_record.hpp"
#include "process/work_directory.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  promoflow logs r-42                 all of them, in the order in which they began\n"
    "  promoflow logs r-42 7               of one ticket\n"
    "  promoflow logs r-42 smoke-tests     of each run of a hook\n"
    "  promoflow logs r-42 staging -f      of what is promoted into an environment, as it comes\n"
    "\n"
    "Exit status: 0 printed; 1 there is no such command or log, or a log can't be read; 2 the\n"
    "call is wrong, there is no such release, or the store can't be read.";

constexpr std::chrono::milliseconds kLookAgain{200};  // While --follow waits for more.

struct LogsOptions {
  std::string release;
  std::string what;
  std::string store;
  bool follow = false;
};

/// Which commands are asked for: a ticket, or a name.
class Selection {
 public:
  explicit Selection(const std::string& what) : name_(what) {
    std::uint64_t ticket = 0;
    const char* const end = what.data() + what.size();
    const auto [at, error] = std::from_chars(what.data(), end, ticket);
    if (error == std::errc() && at == end && !what.empty()) { ticket_ = Ticket{ticket}; }
  }
  bool has(const StoredCommand& command) const {
    if (name_.empty()) { return true; }
    if (ticket_) { return command.ticket == *ticket_; }
    return command.hook.empty() ? command.environment == name_ : command.hook == name_;
  }

 private:
  std::string name_;
  std::optional<Ticket> ticket_{};
};

/// Opens a log as it was written: programs know the path, and may have put anything there. None:
/// there is no such file, or `problem` says why not.
detail::Fd open_log(const std::string& path, std::string& problem) {
  const std::size_t slash = path.rfind('/');
  const std::string release = path.substr(0, slash);
  const auto opened = detail::open_directory(release, release.rfind('/'), false);
  if (!opened.directory) {
    if (opened.problem.error != ENOENT) { problem = opened.problem.text; }
    return {};
  }
  detail::Fd file = opened.directory->open_to_read(path.substr(slash + 1));
  struct stat found {};
  const int error = file ? 0 : errno;
  if (file && fstat(file.get(), &found) == 0 && found.st_nlink <= 1) { return file; }
  if (error == 0 || error == ELOOP || error == EINVAL || error == ENXIO) {
    problem = "the log " + path +
              " is not printed: there is a link, a pipe or the like in its place; see what made it";
  } else if (error != ENOENT) {
    problem = "the log " + path + " can't be read: " + std::generic_category().message(error);
  }
  return {};
}

/// Prints what is new in files of logs, each behind a line that names its command.
class LogPrinter {
 public:
  void print(const StoredCommand& command, const std::string& path) {
    if (refused_.contains(path)) { return; }
    std::string problem;
    const detail::Fd file = open_log(path, problem);
    if (!problem.empty()) {
      tell(problem);
      refused_.insert(path);
    }
    if (!file) { return; }
    std::size_t& printed = printed_[command.ticket];
    char chunk[1 << 16];
    for (;;) {
      const ssize_t got = pread(file.get(), chunk, sizeof chunk, static_cast<off_t>(printed));
      if (got < 0 && errno == EINTR) { continue; }
      if (got <= 0) { break; }
      head(command);
      printed += static_cast<std::size_t>(got);
      write({chunk, static_cast<std::size_t>(got)});
    }
    any_ = true;
  }
  /// Something was not printed, and the user was told.
  bool has_refused() const noexcept { return !refused_.empty(); }
  bool any() const noexcept { return any_; }

 private:
  void head(const StoredCommand& command) {
    if (last_ == command.ticket) { return; }
    if (last_) { write_out(at_line_end_ ? "\n" : "\n\n"); }
    write_out("==> " + detail::printable(name_of(command)) + ", ticket " +
              std::to_string(static_cast<std::uint64_t>(command.ticket)) + " <==\n");
    last_ = command.ticket;
  }
  /// On a terminal nothing but what is safe there.
  void write(std::string_view text) {
    at_line_end_ = text.ends_with('\n');
    if (isatty(STDOUT_FILENO) != 0) {
      write_out(detail::printable_lines(text));
    } else {
      write_out(text);
    }
  }

  std::map<Ticket, std::size_t> printed_{};
  std::set<std::string> refused_{};
  std::optional<Ticket> last_{};
  bool at_line_end_ = true;
  bool any_ = false;
};

/// Prints what there is. How many commands were asked for and are there; an error of the store.
Result<std::size_t> print_all(Store& store, const StoreStart& start, const Selection& selection,
                              LogPrinter& printer) {
  const auto commands = store.commands(start.info.id);
  if (!commands) { return tl::unexpected(commands.error()); }
  std::size_t found = 0;
  for (const StoredCommand& command : *commands) {
    if (!selection.has(command)) { continue; }
    ++found;
    const std::string path = log_of(start, command.ticket);
    if (!path.empty()) { printer.print(command, path); }
  }
  return found;
}

Exit logs(const LogsOptions& options) {
  const OpenedStore opened = open_store(options.store, StoreAccess::Ask);
  if (!opened.store) { return opened.exit; }
  const auto start = opened.store->start_of(options.release);
  if (!start) { return complain_of_release(*opened.store, start.error(), options.release); }
  const Selection selection(options.what);
  LogPrinter printer;
  std::size_t found = 0;
  for (bool has_ended = false; !has_ended;) {
    // Asked before the logs are read: what ends meanwhile has been printed whole.
    const auto row = opened.store->find(options.release);
    if (!row) { return complain_of_release(*opened.store, row.error(), options.release); }
    has_ended = !options.follow || (is_final(row->status) && !row->owner);
    const auto printed = print_all(*opened.store, *start, selection, printer);
    if (!printed) { return complain(printed.error()); }
    found = *printed;
    if (finish_output() != Exit::Fine) { return Exit::Usage; }
    if (!has_ended) { std::this_thread::sleep_for(kLookAgain); }
  }
  if (printer.has_refused()) { return Exit::Wrong; }
  if (printer.any()) { return Exit::Fine; }
  if (found > 0) {
    tell("nothing has been printed there so far");
    return Exit::Wrong;
  }
  tell("release '" + options.release + "' has no command" +
       (options.what.empty() ? " so far" : " '" + options.what + "' so far") + "; '" +
       store_command("show " + shell_word(options.release)) + "' lists those that it has");
  return Exit::Wrong;
}

}  // namespace

void add_logs(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "logs",
      "Print what the hooks and promotions of a release have printed.\n"
      "On a terminal control characters are written out; a pipe gets every byte.");
  const auto options = std::make_shared<LogsOptions>();
  self->add_option("ID", options->release, "The release's id, as 'promoflow list' shows it")
      ->required()
      ->option_text(" ");
  self->add_option("WHAT", options->what, "A ticket, a hook, or an environment that is promoted to")
      ->option_text(" ");
  self->add_flag("-f,--follow", options->follow,
                 "Go on with what comes, until the release has ended");
  add_store(*self, options->store);
  self->footer(kExamples);
  self->callback([options, &command] { command = [options] { return logs(*options); }; });
}

}  // namespace promoflow::cli
