// SPDX-License-Identifier: Apache-2.0
// A trace for people: when something happened, where, and what it was. Each kind of record has one
// overload of add().
#include "render/timeline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "render/draw.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {
namespace {

constexpr std::size_t kTimeWidth = 9;
constexpr std::size_t kPlaceWidthMax = 28;
/// Arguments that are shown of one hook.
constexpr std::size_t kArgumentsShownMax = 6;
constexpr std::string_view kRelease = "release";

/// Every hook is handed these (A1), so the timeline does not repeat them.
constexpr std::string_view kDefaultArguments[] = {
    "RELEASE_URL", "PRODUCT_NAME", "VERSION", "COMMIT_SHA", "PROMOTION_FLOW_NAME", "RELEASE_ID"};

/// `onFail` of `environment.onFail`: the place column says of what.
std::string_view word_of(Point point) {
  const std::string_view name = to_string(point);
  return name.substr(name.find('.') + 1);
}

/// ` by pr, preAction smoke`.
std::string policy_words(const Policy& policy) {
  std::string words;
  if (policy.action && *policy.action != PolicyAction::None) {
    words += fmt::format(" by {}", to_string(*policy.action));
  }
  if (policy.pre_action) { words += ", preAction " + *policy.pre_action; }
  if (policy.post_action) { words += ", postAction " + *policy.post_action; }
  return words;
}

class Timeline {
 public:
  Timeline(const Trace& trace, const RenderOptions& options) : trace_(trace), options_(options) {
    const Flow& flow = trace.flow();
    facts_.environments.resize(flow.environment_count());
    facts_.tickets.resize(1);
    place_width_ = kRelease.size();
    for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
      place_width_ = std::max(place_width_, columns(name_of(EnvironmentId{i})));
    }
    indent_ = kTimeWidth + 2 + place_width_ + 2;
    width_ = std::max<std::size_t>(std::max(options.width, kWidthMin), indent_ + 30);
  }

  std::string draw() {
    out_ = header();
    for (index_ = 0; index_ < trace_.size(); ++index_) {
      const Record record = trace_[index_];
      at_ = record.at;
      std::visit([this](const auto& what) { add(what); }, record.what);
    }
    out_ += '\n';
    append_summary(out_, trace_, facts_, options_);
    return std::move(out_);
  }

 private:
  // --- lines -------------------------------------------------------------------------------------

  std::string name_of(EnvironmentId environment) const {
    return printable(trace_.flow().environment_name(environment), options_.ascii, kPlaceWidthMax);
  }

  std::string clean(std::string_view text) const {
    return printable_lines(text, options_.ascii);  // wrap() makes lines of its line ends.
  }

  std::string header() const {
    std::string out;
    std::string title = "release ";
    title += clean(trace_.info().id) + ' ';
    paint(out, Tone::Strong, title + "of " + clean(trace_.flow().name()), options_.color);
    out += '\n';
    paint(out, Tone::Faint, subject_words({.flow = trace_.flow()}), options_.color);
    return out + "\n\n";
  }

  /// Time and place, each only where it differs from the line before.
  void margin(std::string_view place) {
    const bool same_time = shown_at_ && *shown_at_ == at_;
    const std::string time = same_time ? "" : "+" + duration_words(at_ - trace_.origin());
    paint(out_, Tone::Faint, fmt::format("{:>{}}  ", time, kTimeWidth), options_.color);
    const bool same_place = same_time && place == place_;
    std::string cell(same_place ? "" : place);
    cell.append(place_width_ + 2 - columns(cell), ' ');
    paint(out_, Tone::Strong, cell, options_.color);
    shown_at_ = at_;
    place_ = place;
  }

  /// A status: the heading of what follows at this place.
  void heading(std::string_view place, Tone tone, std::string_view text) {
    margin(place);
    paint(out_, tone, text, options_.color);
    out_ += '\n';
  }

  /// Something that happened; what does not fit goes on below, indented.
  void line(std::string_view place, std::string_view sign, Tone tone, std::string_view text,
            Tone text_tone = Tone::Plain) {
    margin(place);
    out_ += "  ";
    paint(out_, tone, sign, options_.color);
    out_ += ' ';
    bool first = true;
    for (const std::string& part : wrap(clean(text), width_ - indent_ - 4)) {
      if (!first) { out_.append(indent_ + 6, ' '); }
      paint(out_, text_tone, part, options_.color);
      out_ += '\n';
      first = false;
    }
  }

  /// Things about the line above, one a line, the first behind `label`.
  void remark(std::string_view label, const std::vector<std::string>& things) {
    for (const std::string& thing : things) {
      out_.append(indent_ + 6, ' ');
      const std::string_view shown = &thing == &things.front() ? label : std::string_view();
      paint(out_, Tone::Faint, fmt::format("{:<{}} ", shown, label.size()), options_.color);
      out_ += printable(thing, options_.ascii, width_ - indent_ - 7 - label.size());
      out_ += '\n';
    }
  }

  std::string_view sign(std::string_view unicode, std::string_view ascii) const {
    return options_.ascii ? ascii : unicode;
  }
  std::string_view started() const { return sign("\u25B8", ">"); }
  std::string_view good() const { return sign("\u2713", "+"); }
  std::string_view bad() const { return sign("\u2717", "x"); }
  std::string_view waiting() const { return sign("\u2016", "="); }
  std::string_view stopped() const { return sign("\u25A0", "#"); }

  // --- commands ----------------------------------------------------------------------------------

  TicketFacts& command_of(Ticket ticket) {
    return facts_.tickets[static_cast<std::size_t>(ticket)];
  }

  EnvironmentFacts& environment_of(EnvironmentId environment) {
    return facts_.environments[static_cast<std::size_t>(environment)];
  }

  void remember(Ticket ticket, TicketFacts facts) {
    const auto index = static_cast<std::size_t>(ticket);
    if (index >= facts_.tickets.size()) { facts_.tickets.resize(index + 1); }
    facts.issued = at_;
    facts_.tickets[index] = facts;
  }

  std::string place_of(const TicketFacts& facts) const {
    return facts.environment ? name_of(*facts.environment) : std::string(kRelease);
  }

  std::string command_words(const TicketFacts& facts) const {
    std::string words = facts.hook.empty()
                            ? "promotion"
                            : fmt::format("{} hook {}", word_of(facts.point), facts.hook);
    if (facts.attempt > 1) { words += fmt::format(" (attempt {})", facts.attempt); }
    return words;
  }

  /// ` after 5m`, for what took its time.
  std::string took(const TicketFacts& facts) const {
    if (at_ == facts.issued) { return {}; }
    return " after " + duration_words(at_ - facts.issued);
  }

  /// Whether the next record is the end of this command, at the same time: one line shows both.
  bool ends_at_once(Ticket ticket) const {
    if (index_ + 1 >= trace_.size()) { return false; }
    const Record next = trace_[index_ + 1];
    if (next.at != at_) { return false; }
    return std::visit(
        [ticket](const auto& what) {
          using What = std::decay_t<decltype(what)>;
          constexpr bool kEnd =
              std::is_same_v<What, HookSucceeded> || std::is_same_v<What, HookFailed> ||
              std::is_same_v<What, PromotionSucceeded> || std::is_same_v<What, PromotionFailed>;
          if constexpr (kEnd) { return what.ticket == ticket; }
          return false;
        },
        next.what);
  }

  /// What a hook is handed besides the defaults: that is how one hook's export reaches the next.
  static std::vector<std::string> given_to(const Arguments& arguments) {
    std::vector<std::string> given;
    std::size_t more = 0;
    for (const Argument& argument : arguments) {
      const auto* const end = std::end(kDefaultArguments);
      if (std::find(std::begin(kDefaultArguments), end, argument.name) != end) { continue; }
      if (given.size() == kArgumentsShownMax) {
        ++more;
      } else {
        given.push_back(fmt::format("{}={}", argument.name, argument.value));
      }
    }
    if (more > 0) { given.push_back(fmt::format("and {} more", more)); }
    return given;
  }

  // --- records -----------------------------------------------------------------------------------

  void add(const ReleaseChanged& what) {
    facts_.ended = at_;
    heading(kRelease, tone(look_of(what.status)), to_string(what.status));
  }

  void add(const EnvironmentChanged& what) {
    EnvironmentFacts& environment = environment_of(what.environment);
    const EnvironmentStatus before = std::exchange(environment.status, what.status);
    heading(name_of(what.environment), tone(what.status), to_string(what.status));
    if (what.status == EnvironmentStatus::Skipped) {
      environment.soaks = false;
      return;
    }
    if (!environment.began) { environment.began = at_; }
    environment.changed = at_;
    const bool retried =
        before == EnvironmentStatus::Failed || before == EnvironmentStatus::Terminated;
    if (retried && what.status == EnvironmentStatus::Running && environment.soaks) {
      line(name_of(what.environment), started(), Tone::Busy,
           "soaks anew for " + soak_words(what.environment));
    }
  }

  void add(const RunHook& what) {
    ++facts_.hooks.issued;
    remember(what.ticket, {.hook = what.hook,
                           .point = what.point,
                           .environment = what.environment,
                           .attempt = what.attempt});
    given_ = given_to(what.arguments);
    if (ends_at_once(what.ticket)) { return; }  // The line of its end shows it, too.
    const TicketFacts& hook = command_of(what.ticket);
    line(place_of(hook), started(), Tone::Busy, command_words(hook));
    show_given();
  }

  void add(const Promote& what) {
    ++facts_.promotions.issued;
    environment_of(what.environment).attempts = what.attempt;
    environment_of(what.environment).soaks = false;
    remember(what.ticket, {.environment = what.environment, .attempt = what.attempt});
    if (ends_at_once(what.ticket)) { return; }
    line(name_of(what.environment), started(), Tone::Busy,
         command_words(command_of(what.ticket)) + policy_words(*what.policy));
  }

  void show_given() {
    remark("handed", given_);
    given_.clear();
  }

  Counts& counts_of(const TicketFacts& facts) {
    return facts.hook.empty() ? facts_.promotions : facts_.hooks;
  }

  void add(const Cancel& what) {
    TicketFacts& command = command_of(what.ticket);
    command.timed_out = ends_at_once(what.ticket);
    if (command.timed_out) { return; }  // The line of its failure says so.
    ++counts_of(command).cancelled;
    line(place_of(command), stopped(), Tone::Stopped,
         command_words(command) + " is cancelled" + took(command));
  }

  std::string soak_words(EnvironmentId environment) const {
    return duration_words(*trace_.flow().step(environment).soak);
  }

  void finished(Ticket ticket, std::optional<std::string_view> context) {
    TicketFacts& command = command_of(ticket);
    command.succeeded = true;
    std::string words = command_words(command) + took(command);
    const bool soaks = command.hook.empty() && trace_.flow().step(*command.environment).soak;
    if (soaks) {
      environment_of(*command.environment).soaks = true;
      words += "; soaks for " + soak_words(*command.environment);
    }
    line(place_of(command), good(), Tone::Good, words);
    ++counts_of(command).succeeded;
    show_given();
    if (context) { remark("exported", context_words(*context)); }
  }

  void failed(Ticket ticket, std::string_view message, std::optional<std::string_view> context) {
    TicketFacts& command = command_of(ticket);
    ++counts_of(command).failed;
    std::string how = took(command);
    if (std::exchange(command.succeeded, false)) {
      how = " while its environment soaked";
      --counts_of(command).succeeded;
      environment_of(*command.environment).soaks = false;
    }
    const std::string words = command.timed_out ? std::string(message)  // `timed out after 5m`
                                                : fmt::format("failed{}: {}", how, message);
    line(place_of(command), bad(), Tone::Bad, command_words(command) + ' ' + words, Tone::Bad);
    show_given();
    if (context) { remark("exported, not merged", context_words(*context)); }
  }

  void add(const HookSucceeded& what) { finished(what.ticket, what.context); }
  void add(const PromotionSucceeded& what) { finished(what.ticket, std::nullopt); }
  void add(const HookFailed& what) { failed(what.ticket, what.message, what.context); }
  void add(const PromotionFailed& what) { failed(what.ticket, what.message, std::nullopt); }

  void add(const Suspended& what) {
    TicketFacts& command = command_of(what.ticket);
    command.suspended = at_;
    line(place_of(command), waiting(), Tone::Waiting,
         command_words(command) + " waits for a person");
  }

  void add(const Resumed& what) {
    const TicketFacts& command = command_of(what.ticket);
    line(place_of(command), started(), Tone::Busy,
         fmt::format("{} goes on after a wait of {}{}", command_words(command),
                     duration_words(at_ - command.suspended), by_words(what.by)));
  }

  void add(const Queued& what) {
    const TicketFacts& command = command_of(what.ticket);
    line(place_of(command), waiting(), Tone::Faint,
         command_words(command) + " waits for a free slot");
  }

  void add(const Started& what) {
    const TicketFacts& command = command_of(what.ticket);
    line(place_of(command), started(), Tone::Busy, command_words(command) + " begins");
  }

  void add(const Soaked& what) {
    const TicketFacts& command = command_of(what.ticket);
    environment_of(*command.environment).soaks = false;
    line(place_of(command), good(), Tone::Good,
         fmt::format("soak of {} ended well", soak_words(*command.environment)));
  }

  void add(const Terminate& what) {
    line(kRelease, stopped(), Tone::Stopped,
         fmt::format("{}: {}{}", what.force ? "terminate by force" : "terminate", what.reason,
                     by_words(what.by)),
         Tone::Stopped);
  }

  static std::string_view operator_words(std::string_view by) {
    return by.empty() ? "the operator" : by;
  }

  void add(const Retry& what) {
    std::string words = fmt::format("{} retries", operator_words(what.by));
    if (what.environments) { words += fmt::format(" {}", fmt::join(*what.environments, ", ")); }
    line(kRelease, sign("\u21BB", "@"), Tone::Waiting, words);
  }

  void add(const Skip& what) {
    std::string words = fmt::format("{} skips it", operator_words(what.by));
    if (!what.reason.empty()) { words += fmt::format(": {}", what.reason); }
    const auto environment = trace_.flow().find_environment(what.environment);
    line(environment ? name_of(*environment) : std::string(kRelease),
         sign_of(EnvironmentStatus::Skipped, options_.ascii), Tone::Waiting, words);
  }

  /// `hook report of eu`.
  std::string writer_words(Ticket ticket) {
    if (ticket == Ticket{}) { return "the initial context"; }
    const TicketFacts& writer = command_of(ticket);
    return fmt::format("hook {} of {}", writer.hook,
                       writer.environment ? name_of(*writer.environment) : "the release");
  }

  void add(const ContextConflict& what) {
    ++facts_.conflicts;
    line(place_of(command_of(what.later)), "!", Tone::Waiting,
         fmt::format("conflict: {} replaces what {} wrote to {}; which of the two remains depends "
                     "on which ends last",
                     writer_words(what.later), writer_words(what.earlier), what.key));
  }

  void add(const KeyShadowed& what) {
    const bool initial = what.ticket == Ticket{};
    line(initial ? std::string(kRelease) : place_of(command_of(what.ticket)), "!", Tone::Waiting,
         fmt::format("{} is the name of a default argument: hooks are not handed this value",
                     what.key));
  }

  void add(const Refused& what) {
    line(kRelease, bad(), Tone::Waiting,
         fmt::format("{} is refused: {}{}", what.action, to_string(what.error), by_words(what.by)));
  }

  const Trace& trace_;
  const RenderOptions& options_;
  TraceFacts facts_;
  std::size_t place_width_ = 0;
  std::size_t indent_ = 0;
  std::size_t width_ = 0;
  std::size_t index_ = 0;
  Instant at_{};
  std::optional<Instant> shown_at_{};  ///< The time of the line before.
  std::string place_;                  ///< And its place.
  std::vector<std::string> given_;     ///< To the hook that was issued last, until it is shown.
  std::string out_;
};

}  // namespace

std::string draw_timeline(const Trace& trace, const RenderOptions& options) {
  return Timeline(trace, options).draw();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
