// SPDX-License-Identifier: Apache-2.0
// A trace as a story: the time, where it happened, what happened.
#include "render/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "render/draw.hpp"

namespace promoflow::detail {
namespace {

constexpr std::size_t kTimeWidth = 9;
constexpr std::size_t kPlaceWidthMax = 28;
/// Arguments that are shown of one hook.
constexpr std::size_t kArgumentsShownMax = 6;
constexpr std::string_view kRelease = "release";

/// A1: every hook is handed these, so the timeline does not repeat them.
constexpr std::string_view kDefaultArguments[] = {
    "RELEASE_URL", "PRODUCT_NAME", "VERSION", "COMMIT_SHA", "PROMOTION_FLOW_NAME", "RELEASE_ID"};

/// `onFail` of `environment.onFail`: where it happened is said beside it.
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
    story_.environments.resize(flow.environment_count());
    story_.tickets.resize(1);
    place_width_ = kRelease.size();
    for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
      place_width_ = std::max(place_width_, columns(name_of(EnvironmentId{i})));
    }
    indent_ = kTimeWidth + 2 + place_width_ + 2;
    width_ = std::max<std::size_t>(std::max(options.width, kWidthMin), indent_ + 30);
  }

  std::string draw() {
    for (index_ = 0; index_ < trace_.size(); ++index_) {
      const Record record = trace_[index_];
      at_ = record.at;
      std::visit([this](const auto& what) { tell(what); }, record.what);
    }
    std::string whole = header() + out_ + '\n';
    append_summary(whole, trace_, story_, options_);
    return whole;
  }

 private:
  // --- lines -------------------------------------------------------------------------------------

  std::string name_of(EnvironmentId environment) const {
    return printable(trace_.flow().environment_name(environment), options_.ascii, kPlaceWidthMax);
  }

  std::string clean(std::string_view text) const {
    // Line ends are kept: wrap() makes lines of them.
    std::string out;
    for (;;) {
      const std::size_t end = text.find('\n');
      out += printable(text.substr(0, end), options_.ascii, text.size() * 6 + 1);
      if (end == std::string_view::npos) { return out; }
      out += '\n';
      text.remove_prefix(end + 1);
    }
  }

  std::string header() const {
    std::string out;
    std::string title = "release ";
    title += clean(trace_.info().id) + ' ';
    paint(out, Tone::Strong, title + "of " + clean(trace_.flow().name()), options_.color);
    out += '\n';
    paint(out, Tone::Faint, flow_words(trace_.flow()), options_.color);
    return out + "\n\n";
  }

  /// Time and place, each only where it differs from the line before.
  void margin(std::string_view place) {
    const bool same_time = told_ && *told_ == at_;
    const std::string time = same_time ? "" : "+" + duration_words(at_ - trace_.origin());
    paint(out_, Tone::Faint, fmt::format("{:>{}}  ", time, kTimeWidth), options_.color);
    const bool same_place = same_time && place == place_;
    std::string cell(same_place ? "" : place);
    cell.append(place_width_ + 2 - columns(cell), ' ');
    paint(out_, Tone::Strong, cell, options_.color);
    told_ = at_;
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

  TicketFacts& facts(Ticket ticket) { return story_.tickets[static_cast<std::size_t>(ticket)]; }

  void remember(Ticket ticket, TicketFacts facts) {
    const auto index = static_cast<std::size_t>(ticket);
    if (index >= story_.tickets.size()) { story_.tickets.resize(index + 1); }
    facts.issued = at_;
    story_.tickets[index] = facts;
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

  /// Whether the next record is how this command ends, at once: then one line tells both.
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

  void tell(const ReleaseChanged& what) {
    story_.ended = at_;
    heading(kRelease, tone(look_of(what.status)), to_string(what.status));
  }

  void tell(const EnvironmentChanged& what) {
    EnvironmentFacts& environment = story_.environments[static_cast<std::size_t>(what.environment)];
    if (!environment.began) { environment.began = at_; }
    environment.changed = at_;
    heading(name_of(what.environment), tone(what.status), to_string(what.status));
  }

  void tell(const RunHook& what) {
    ++story_.hooks.issued;
    remember(what.ticket, {.hook = what.hook,
                           .point = what.point,
                           .environment = what.environment,
                           .attempt = what.attempt});
    given_ = given_to(what.arguments);
    if (ends_at_once(what.ticket)) { return; }  // The line of its end tells all.
    const TicketFacts& hook = facts(what.ticket);
    line(place_of(hook), started(), Tone::Busy, command_words(hook));
    remark_given();
  }

  void tell(const Promote& what) {
    ++story_.promotions.issued;
    story_.environments[static_cast<std::size_t>(what.environment)].attempts = what.attempt;
    remember(what.ticket, {.environment = what.environment, .attempt = what.attempt});
    if (ends_at_once(what.ticket)) { return; }
    line(name_of(what.environment), started(), Tone::Busy,
         command_words(facts(what.ticket)) + policy_words(*what.policy));
  }

  void remark_given() {
    remark("handed", given_);
    given_.clear();
  }

  Counts& counts_of(const TicketFacts& facts) {
    return facts.hook.empty() ? story_.promotions : story_.hooks;
  }

  void tell(const Cancel& what) {
    TicketFacts& command = facts(what.ticket);
    command.cancelled = true;
    ++counts_of(command).cancelled;
    line(place_of(command), stopped(), Tone::Stopped,
         command_words(command) + " is cancelled" + took(command));
  }

  void finished(Ticket ticket, std::optional<std::string_view> context) {
    const TicketFacts& command = facts(ticket);
    line(place_of(command), good(), Tone::Good, command_words(command) + took(command));
    ++counts_of(command).succeeded;
    remark_given();
    if (context) { remark("exported", context_words(*context)); }
  }

  void failed(Ticket ticket, std::string_view message, std::optional<std::string_view> context) {
    const TicketFacts& command = facts(ticket);
    ++counts_of(command).failed;
    if (command.cancelled) { --counts_of(command).cancelled; }  // It timed out: counted once.
    line(place_of(command), bad(), Tone::Bad,
         fmt::format("{} failed{}: {}", command_words(command), took(command), message), Tone::Bad);
    remark_given();
    if (context) { remark("exported, not merged", context_words(*context)); }
  }

  void tell(const HookSucceeded& what) { finished(what.ticket, what.context); }
  void tell(const PromotionSucceeded& what) { finished(what.ticket, std::nullopt); }
  void tell(const HookFailed& what) { failed(what.ticket, what.message, what.context); }
  void tell(const PromotionFailed& what) { failed(what.ticket, what.message, std::nullopt); }

  void tell(const Suspended& what) {
    TicketFacts& command = facts(what.ticket);
    command.suspended = at_;
    line(place_of(command), waiting(), Tone::Waiting,
         command_words(command) + " waits for a person");
  }

  void tell(const Resumed& what) {
    const TicketFacts& command = facts(what.ticket);
    line(place_of(command), started(), Tone::Busy,
         fmt::format("{} goes on after a wait of {}", command_words(command),
                     duration_words(at_ - command.suspended)));
  }

  void tell(const Terminate& what) {
    line(kRelease, stopped(), Tone::Stopped, fmt::format("terminate: {}", what.reason),
         Tone::Stopped);
  }

  void tell(const Retry&) {
    line(kRelease, sign("\u21BB", "@"), Tone::Waiting, "the operator retries");
  }

  void tell(const Refused& what) {
    line(kRelease, bad(), Tone::Waiting,
         fmt::format("{} is refused: {}", what.action, to_string(what.error)));
  }

  const Trace& trace_;
  const RenderOptions& options_;
  Story story_;
  std::size_t place_width_ = 0;
  std::size_t indent_ = 0;
  std::size_t width_ = 0;
  std::size_t index_ = 0;
  Instant at_{};
  std::optional<Instant> told_{};   ///< The time of the line before.
  std::string place_;               ///< And its place.
  std::vector<std::string> given_;  ///< To the hook that was issued last, until it is told.
  std::string out_;
};

}  // namespace

std::string draw_timeline(const Trace& trace, const RenderOptions& options) {
  return Timeline(trace, options).draw();
}

}  // namespace promoflow::detail
