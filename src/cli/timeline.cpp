// SPDX-License-Identifier: Apache-2.0
#include "cli/timeline.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/printable.hpp"
#include "promoflow/manifest.hpp"

namespace promoflow::cli {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
}

/// ` (by ann)`, or nothing.
std::string by(const Json& object) {
  const std::string who = text_of(object, "by");
  return who.empty() ? std::string() : " (by " + who + ")";
}

}  // namespace

Tone tone_of_status(std::string_view status) noexcept {
  if (status == "Successful" || status == "Succeeded") { return Tone::Good; }
  if (status == "Failed" || status == "Terminated" || status == "Terminating") { return Tone::Bad; }
  return status == "Skipped" ? Tone::Faint : Tone::Plain;
}

std::string short_duration(milliseconds time) {
  const bool exact = time < std::chrono::seconds{1};
  return format_duration(exact ? time : time / 100 * 100).value_or("");
}

/// One line of a trace, and what the timeline does about each kind.
struct TraceLine {
  Timeline& timeline;
  const Json& json;

  std::string text(const char* key) const { return text_of(json, key); }
  Ticket ticket() const { return Ticket{number_of(json, "ticket")}; }
  void tell(std::string what, Tone tone) const { timeline.line("release", std::move(what), tone); }

  void release() const { tell(text("status"), tone_of_status(text("status"))); }
  void environment() const {
    const std::string status = text("status");
    if (status == "Successful") { ++timeline.successful_; }
    if (status == "Skipped") { ++timeline.skipped_; }
    if (status != "Running") { timeline.end_soak_of(text("environment")); }
    timeline.line(text("environment"), status, tone_of_status(status));
  }
  void hook() const {
    const std::string point = text("point");
    timeline.begin(ticket(),
                   {.where = json.contains("environment") ? text("environment") : "release",
                    .what = point.substr(point.find('.') + 1) + " hook " + text("hook")},
                   number_of(json, "attempt"));
  }
  void promote() const {
    const auto environment = timeline.flow_.find_environment(text("environment"));
    timeline.begin(ticket(),
                   {.where = text("environment"),
                    .what = "promotion",
                    .soak = environment ? timeline.flow_.step(*environment).soak : std::nullopt},
                   number_of(json, "attempt"));
  }
  void cancel() const { timeline.cancelled_ = ticket(); }
  void hook_succeeded() const { timeline.end(ticket(), "succeeded", Tone::Good); }
  void failed() const { timeline.fail(ticket(), text("message")); }
  void promotion_succeeded() const { timeline.begin_soak(ticket()); }
  void soaked() const { timeline.end(ticket(), "ended well", Tone::Good); }
  void suspended() const {
    timeline.set(ticket(), &Activity::suspended, true, "waits for a person");
  }
  void resumed() const {
    timeline.set(ticket(), &Activity::suspended, false, "goes on" + by(json));
  }
  void queued() const { timeline.set(ticket(), &Activity::queued, true, "waits for a free slot"); }
  void started() const { timeline.set(ticket(), &Activity::queued, false, "starts"); }
  void terminate() const {
    const bool forced = json.contains("force");
    tell((forced ? "terminate by force: " : "terminate: ") + text("reason") + by(json), Tone::Bad);
  }
  void retry() const {
    std::string what = "retry";
    if (const auto names = json.find("environments"); names != json.end()) {
      for (const Json& name : *names) {
        what += ' ' + (name.is_string() ? name.get<std::string>() : std::string());
      }
    }
    tell(what + by(json), Tone::Plain);
  }
  void skip() const {
    const std::string reason = text("reason");
    timeline.line(text("environment"), "skip" + (reason.empty() ? "" : ": " + reason) + by(json),
                  Tone::Plain);
  }
  void conflict() const {
    tell("conflict in the promotion context: " + text("key") + " was written by ticket " +
             std::to_string(number_of(json, "earlier")) + " and by ticket " +
             std::to_string(number_of(json, "later")) + ", whose value remains",
         Tone::Busy);
  }
  void shadowed() const {
    tell(text("key") + " is the name of a default argument: hooks are not handed this value",
         Tone::Busy);
  }
};

namespace {

/// What is done about each kind of line. `refused` is in simulations only.
const std::map<std::string_view, void (TraceLine::*)() const> kKinds = {
    {"release", &TraceLine::release},
    {"environment", &TraceLine::environment},
    {"hook", &TraceLine::hook},
    {"promote", &TraceLine::promote},
    {"cancel", &TraceLine::cancel},
    {"hook-succeeded", &TraceLine::hook_succeeded},
    {"hook-failed", &TraceLine::failed},
    {"promotion-succeeded", &TraceLine::promotion_succeeded},
    {"promotion-failed", &TraceLine::failed},
    {"soaked", &TraceLine::soaked},
    {"suspended", &TraceLine::suspended},
    {"resumed", &TraceLine::resumed},
    {"queued", &TraceLine::queued},
    {"started", &TraceLine::started},
    {"terminate", &TraceLine::terminate},
    {"retry", &TraceLine::retry},
    {"skip", &TraceLine::skip},
    {"conflict", &TraceLine::conflict},
    {"shadowed", &TraceLine::shadowed},
};

bool is_failure(std::string_view event) {
  return event == "hook-failed" || event == "promotion-failed";
}

}  // namespace

Timeline::Timeline(const Flow& flow, bool with_begins, LogOf log_of, Show show)
    : flow_(flow), with_begins_(with_begins), log_of_(std::move(log_of)), show_(std::move(show)) {}

void Timeline::add(std::string_view line) {
  Json json = Json::parse(line, nullptr, false);
  // Bytes that are no UTF-8 are written out, as they would be when they are printed.
  if (json.is_discarded()) { json = Json::parse(detail::printable(line), nullptr, false); }
  if (!json.is_object()) { return; }
  now_ = milliseconds(number_of(json, "t"));
  const std::string event = text_of(json, "event");
  const TraceLine self{*this, json};
  // The failure of a command that timed out comes right behind its cancellation.
  if (cancelled_ && !(is_failure(event) && self.ticket() == cancelled_)) { flush(); }
  if (const auto kind = kKinds.find(event); kind != kKinds.end()) { (self.*kind->second)(); }
}

void Timeline::begin(Ticket ticket, Activity activity, std::uint64_t attempt) {
  if (attempt > 1) { activity.what += " (attempt " + std::to_string(attempt) + ")"; }
  activity.since = now_;
  const auto [active, is_new] = active_.insert_or_assign(ticket, std::move(activity));
  if (is_new && with_begins_) {
    line(active->second.where, active->second.what + " ...", Tone::Plain);
  }
}

void Timeline::end(Ticket ticket, std::string_view how, Tone tone) {
  const auto found = active_.find(ticket);
  if (found == active_.end()) { return; }
  const Activity activity = std::move(found->second);
  active_.erase(found);
  line(activity.where,
       activity.what + ' ' + std::string(how) + " after " + short_duration(now_ - activity.since),
       tone);
}

void Timeline::flush() {
  if (!cancelled_) { return; }
  end(*std::exchange(cancelled_, std::nullopt), "cancelled", Tone::Bad);
}

void Timeline::fail(Ticket ticket, std::string_view message) {
  const bool timed_out = std::exchange(cancelled_, std::nullopt) == ticket;
  const auto found = active_.find(ticket);
  if (found == active_.end()) { return; }
  const Activity activity = std::move(found->second);
  active_.erase(found);
  std::string text = activity.what + ' ';
  if (timed_out) {
    text += std::string(message) + log_words(ticket);  // `timed out after 5m`
  } else {
    text += "failed after " + short_duration(now_ - activity.since) + log_words(ticket) + ": " +
            std::string(message);
  }
  line(activity.where, text, Tone::Bad);
}

/// A command's state changes.
void Timeline::set(Ticket ticket, bool Activity::*state, bool value, const std::string& words) {
  const auto found = active_.find(ticket);
  if (found == active_.end()) { return; }
  found->second.*state = value;
  if (with_begins_) { line(found->second.where, found->second.what + ' ' + words, Tone::Plain); }
}

/// A promotion has succeeded; its soak, if there is one, goes on under the same ticket.
void Timeline::begin_soak(Ticket ticket) {
  const auto found = active_.find(ticket);
  const std::optional<Activity> promotion =
      found == active_.end() ? std::nullopt : std::optional<Activity>(found->second);
  end(ticket, "succeeded", Tone::Good);
  if (!promotion || !promotion->soak) { return; }
  begin(ticket,
        {.where = promotion->where,
         .what = "soak of " + short_duration(*promotion->soak),
         .soaking = true},
        1);
}

/// A soak that is cut short has no line of its own.
void Timeline::end_soak_of(std::string_view environment) {
  std::erase_if(active_, [environment](const auto& entry) {
    return entry.second.soaking && entry.second.where == environment;
  });
}

/// ` (log: PATH)`, or nothing if there is none.
std::string Timeline::log_words(Ticket ticket) {
  std::string path = log_of_(ticket);
  if (path.empty()) { return {}; }
  failed_logs_.push_back(std::move(path));
  return " (log: " + failed_logs_.back() + ")";
}

std::string Timeline::progress() const {
  std::string text = std::to_string(successful_) + " of " +
                     std::to_string(flow_.environment_count()) + " environments successful";
  if (skipped_ > 0) { text += ", " + std::to_string(skipped_) + " skipped"; }
  return text;
}

void Timeline::line(std::string where, std::string what, Tone tone) {
  show_({now_, std::move(where), std::move(what), tone});
}

}  // namespace promoflow::cli
