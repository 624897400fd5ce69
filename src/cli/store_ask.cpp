// SPDX-License-Identifier: Apache-2.0
// promoflow terminate, answer, approve and reject: asking the process that drives a release.
#include "cli/store_ask.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <vector>

#include "base/printable.hpp"
#include "cli/input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "engine/requests.hpp"
#include "promoflow/store_history.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExit =
    "\n"
    "Exit status: 0 applied; 1 refused; 2 the call is wrong, or there is no such release; 3 "
    "nobody\n"
    "drives the release.";
constexpr const char* kTerminateExamples =
    "Examples:\n"
    "  promoflow terminate r-42 --reason 'the database is down'\n"
    "  promoflow terminate r-42 --force\n";
constexpr const char* kAnswerExamples =
    "Examples:\n"
    "  promoflow answer r-42 7 --succeeded --context export.json\n"
    "  promoflow answer r-42 7 --failed 'the change was not approved'\n"
    "  promoflow answer r-42 7 --suspended\n";
constexpr const char* kApproveExamples =
    "'promoflow show' lists what waits, with the ticket of each.\n"
    "\n"
    "Examples:\n"
    "  promoflow approve r-42 7\n";
constexpr const char* kRejectExamples =
    "'promoflow show' lists what waits, with the ticket of each.\n"
    "\n"
    "Examples:\n"
    "  promoflow reject r-42 7 --reason 'not before Monday'\n";

struct AskSettings {
  std::string release;
  std::string ticket;
  std::string store;
  std::string reason;
  std::string failed;
  std::string context_file;
  bool succeeded = false;
  bool suspended = false;
  bool resumed = false;
  bool force = false;
  bool no_wait = false;
};

/// Nobody is there to ask, or nobody any more; `left`: what was asked is in the store.
Exit tell_undriven(Store& store, const std::string& release, bool left) {
  const auto row = store.find(release);
  if (!row) { return complain_of_release(store, row.error(), release); }
  if (is_final(row->status)) {
    complain("release '" + release + "' has ended" + (left ? " meanwhile" : "") + ": it is " +
             std::string(to_string(row->status)) + (left ? "" : "; nothing was asked"));
    return Exit::Wrong;
  }
  complain("nobody drives release '" + release + "'" +
           (left ? " any more; what was asked is in the store, and is applied when somebody does: "
                 : ", so nothing was asked; go on with it first: ") +
           store_command("resume " + shell_word(release)));
  return Exit::Undriven;
}

/// Waits until the request is decided, or until nobody is there to decide.
Exit wait_for(Store& store, std::uint64_t number, const std::string& release) {
  const auto request = detail::await_request(store, number, std::nullopt);
  if (!request && request.error().code == ErrorCode::NotOwner) {
    return tell_undriven(store, release, true);
  }
  if (!request) { return complain(request.error()); }
  if (request->applied) {
    write_out(detail::printable(release) + ": applied\n");
    return Exit::Fine;
  }
  complain("release '" + release + "' refused it: " + request->message);
  return Exit::Wrong;
}

std::optional<Ticket> read_ticket(const std::string& text, const std::string& release) {
  std::uint64_t number = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && at == text.data() + text.size()) { return Ticket{number}; }
  complain("'" + text + "' is no ticket: '" + store_command("show " + shell_word(release)) +
           "' lists those of the release");
  return std::nullopt;
}

/// Whether the command of that ticket is a hook. None: there is no such command.
std::optional<bool> is_hook(Store& store, const std::string& release, Ticket ticket) {
  const auto commands = store.commands(release);
  if (!commands) { return std::nullopt; }
  const auto found =
      std::find_if(commands->begin(), commands->end(),
                   [ticket](const StoredCommand& command) { return command.ticket == ticket; });
  return found == commands->end() ? std::nullopt : std::optional(!found->hook.empty());
}

Event::What success(Ticket ticket, bool hook, const std::optional<std::string>& context) {
  if (!hook) { return PromotionSucceeded{ticket}; }
  HookSucceeded event{ticket};
  if (context) { event.context = BorrowedText(*context); }
  return event;
}

Event::What failure(Ticket ticket, bool hook, const std::string& message) {
  if (!hook) { return PromotionFailed{ticket, message}; }
  return HookFailed{ticket, message};
}

Exit terminate(const AskSettings& settings) {
  const OpenedStore opened = open_store(settings.store, StoreAccess::Ask);
  if (!opened.store) { return opened.exit; }
  const std::string by = user_name();
  const std::string reason = settings.reason.empty() ? "stopped by the operator" : settings.reason;
  return ask(*opened.store, settings.release, Terminate{reason, settings.force, by},
             !settings.no_wait);
}

/// What `answer`, `approve` and `reject` need first: the store, the ticket and its kind.
struct Asked {
  OpenedStore opened{};
  Ticket ticket{};
  bool hook = false;
};
Exit open_ticket(const AskSettings& settings, Asked& asked) {
  use_store(settings.store);
  const std::optional<Ticket> ticket = read_ticket(settings.ticket, settings.release);
  if (!ticket) { return Exit::Usage; }
  asked.ticket = *ticket;
  asked.opened = open_store(settings.store, StoreAccess::Ask);
  if (!asked.opened.store) { return asked.opened.exit; }
  Store& store = *asked.opened.store;
  const auto row = store.find(settings.release);
  if (!row) { return complain_of_release(store, row.error(), settings.release); }
  const std::optional<bool> hook = is_hook(store, settings.release, *ticket);
  if (!hook) {
    complain("release '" + settings.release + "' has no command with the ticket " +
             settings.ticket + ": '" + store_command("show " + shell_word(settings.release)) +
             "' lists those that it has");
    return Exit::Wrong;
  }
  asked.hook = *hook;
  return Exit::Fine;
}

Exit answer(const AskSettings& settings) {
  const int given = (settings.succeeded ? 1 : 0) + (settings.failed.empty() ? 0 : 1) +
                    (settings.suspended ? 1 : 0) + (settings.resumed ? 1 : 0);
  if (given != 1) {
    return complain("answer: say one of --succeeded, --failed TEXT, --suspended and --resumed");
  }
  if (!settings.context_file.empty() && !settings.succeeded) {
    return complain("--context goes with --succeeded only");
  }
  Asked asked;
  if (const Exit exit = open_ticket(settings, asked); exit != Exit::Fine) { return exit; }
  std::optional<std::string> context;
  if (!settings.context_file.empty()) {
    if (!asked.hook) {
      return complain("--context: ticket " + settings.ticket +
                      " is a promotion, and only hooks export a context");
    }
    context = read_input(settings.context_file);
    if (!context) { return Exit::Usage; }
  }
  const std::string by = user_name();
  Event::What what = Suspended{asked.ticket};
  if (settings.succeeded) { what = success(asked.ticket, asked.hook, context); }
  if (!settings.failed.empty()) { what = failure(asked.ticket, asked.hook, settings.failed); }
  if (settings.resumed) { what = Resumed{asked.ticket, by}; }
  return ask(*asked.opened.store, settings.release, what, !settings.no_wait);
}

/// Says that a person has decided, and who; then what.
Exit decide(const AskSettings& settings, bool approved) {
  Asked asked;
  if (const Exit exit = open_ticket(settings, asked); exit != Exit::Fine) { return exit; }
  Store& store = *asked.opened.store;
  const auto loaded = load_release(store, settings.release);
  if (!loaded) { return complain_of_release(store, loaded.error(), settings.release); }
  const auto outstanding = loaded->release.outstanding(asked.ticket);
  if (!outstanding) { return complain(outstanding.error()); }
  if (!*outstanding || !(*outstanding)->suspended) {
    complain("ticket " + settings.ticket + " of release '" + settings.release +
             "' does not wait for a person" +
             (*outstanding ? ": it runs; '" +
                                 store_command("answer " + shell_word(settings.release) + ' ' +
                                               settings.ticket + " --succeeded") +
                                 "' answers it nevertheless"
                           : std::string(": it has been answered")));
    return Exit::Wrong;
  }
  const std::string by = user_name();
  const Exit resumed = ask(store, settings.release, Resumed{asked.ticket, by}, !settings.no_wait);
  if (resumed != Exit::Fine) { return resumed; }
  return ask(store, settings.release,
             approved ? success(asked.ticket, asked.hook, std::nullopt)
                      : failure(asked.ticket, asked.hook, settings.reason),
             !settings.no_wait);
}

std::shared_ptr<AskSettings> add_common(CLI::App& app, bool has_ticket) {
  auto settings = std::make_shared<AskSettings>();
  app.add_option("ID", settings->release, "The release's id, as 'promoflow list' shows it")
      ->required()
      ->option_text(" ");
  if (has_ticket) {
    app.add_option("TICKET", settings->ticket, "The command's number, as 'promoflow show' lists it")
        ->required()
        ->option_text(" ");
  }
  app.add_flag("--no-wait", settings->no_wait, "Do not wait for what becomes of it");
  add_store(app, settings->store);
  return settings;
}

}  // namespace

Exit ask(Store& store, const std::string& release, const Event::What& what, bool waits) {
  const auto event = to_json(Event{detail::wall_time(), what});
  if (!event) { return complain(event.error()); }
  const auto number = detail::ask_driver(store, release, *event, user_name());
  if (!number && number.error().code == ErrorCode::NotOwner) {
    return tell_undriven(store, release, false);
  }
  if (!number) { return complain_of_release(store, number.error(), release); }
  return waits ? wait_for(store, *number, release) : Exit::Fine;
}

void add_terminate(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "terminate",
      "Ask for the end of a release: what runs is stopped, then its onFail hooks run.\n"
      "The process that drives the release is asked, and does it within a second.");
  const auto settings = add_common(*self, false);
  self->add_option("--reason", settings->reason, "Why, for the record")->option_text("TEXT");
  self->add_flag("--force", settings->force, "End it at once: no further hook runs");
  self->footer(std::string(kTerminateExamples) + kExit);
  self->callback([settings, &command] { command = [settings] { return terminate(*settings); }; });
}

void add_answer(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "answer",
      "Answer a command of a release in the place of its program.\n"
      "A program that ended with exit status 75 has left its answer to somebody else.");
  const auto settings = add_common(*self, true);
  self->add_flag("--succeeded", settings->succeeded, "It has succeeded");
  self->add_option("--context", settings->context_file, "What the hook exports, a JSON object")
      ->option_text("FILE");
  self->add_option("--failed", settings->failed, "It has failed, and why")->option_text("TEXT");
  self->add_flag("--suspended", settings->suspended, "It waits for a person");
  self->add_flag("--resumed", settings->resumed, "It waits for nobody any more, and goes on");
  self->footer(std::string(kAnswerExamples) + kExit);
  self->callback([settings, &command] { command = [settings] { return answer(*settings); }; });
}

void add_approve(CLI::App& app, Command& command) {
  CLI::App* const self =
      app.add_subcommand("approve",
                         "Approve what waits for a person: the command succeeds.\n"
                         "Who did it is in the record.");
  const auto settings = add_common(*self, true);
  self->footer(std::string(kApproveExamples) + kExit);
  self->callback(
      [settings, &command] { command = [settings] { return decide(*settings, true); }; });
}

void add_reject(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand("reject",
                                            "Reject what waits for a person: the command fails.\n"
                                            "Who did it, and why, is in the record.");
  const auto settings = add_common(*self, true);
  self->add_option("--reason", settings->reason, "Why: the message of the failure")
      ->required()
      ->option_text("TEXT");
  self->footer(std::string(kRejectExamples) + kExit);
  self->callback(
      [settings, &command] { command = [settings] { return decide(*settings, false); }; });
}

}  // namespace promoflow::cli
