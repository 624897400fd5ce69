// SPDX-License-Identifier: Apache-2.0
// What is wanted, what was seen, and which request follows. What servers answer to these requests
// is in reconciler_answers.cpp.
#include "argo/reconciler.hpp"

#include <algorithm>
#include <utility>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

// --- What is wanted ------------------------------------------------------------------------------

Reconciler::Entries::iterator Reconciler::find_entry(const CallKey& key) {
  const auto name = name_of_.find(key);
  return name == name_of_.end() ? entries_.end() : entries_.find(name->second);
}

Reconciler::Entry& Reconciler::add(const CallKey& key, std::string name) {
  has_begun_ = true;
  Entry& entry = entries_.try_emplace(name).first->second;
  const Request under_way = entry.under_way;
  entry = {};
  entry.key = key;
  entry.under_way = under_way;  // Its answer counts for whatever is wanted now.
  name_of_.insert_or_assign(key, std::move(name));
  return entry;
}

void Reconciler::remove(Entries::iterator place) {
  const auto name = name_of_.find(place->second.key);
  if (name != name_of_.end() && name->second == place->first) { name_of_.erase(name); }
  if (place->second.due) { timers_.erase({*place->second.due, place->first}); }
  entries_.erase(place);
}

void Reconciler::run(Moment now, const CallKey& key, const std::string& name, std::string object) {
  add(key, name).object = std::move(object);
  advance(now, entries_.find(name));
}

void Reconciler::find(Moment now, const CallKey& key, const std::string& name) {
  Entry& entry = add(key, name);
  entry.state = State::Sought;
  entry.is_asked = true;
  advance(now, entries_.find(name));
}

void Reconciler::run_unless_found(Moment now, const CallKey& key, std::string object) {
  const auto place = find_entry(key);
  if (place == entries_.end() || !place->second.is_asked) { return; }
  place->second.is_asked = false;
  place->second.object = std::move(object);
  advance(now, place);
}

void Reconciler::find_cancelled(Moment now, const CallKey& key, const std::string& name) {
  Entry& entry = add(key, name);
  entry.state = State::Sought;
  entry.is_asked = entry.is_cancelled = true;
  entry.wanted = Shutdown::Stop;
  advance(now, entries_.find(name));
}

/// Of all workflows of a command.
std::vector<CallKey> Reconciler::keys_of(std::string_view release, Ticket ticket) const {
  std::vector<CallKey> keys;
  auto at = name_of_.lower_bound(CallKey{std::string(release), ticket, {}});
  for (; at != name_of_.end() && at->first.release == release && at->first.ticket == ticket; ++at) {
    keys.push_back(at->first);
  }
  return keys;
}

void Reconciler::cancel(Moment now, std::string_view release, Ticket ticket) {
  for (const CallKey& key : keys_of(release, ticket)) { cancel(now, key); }
}

void Reconciler::cancel(Moment now, const CallKey& key) {
  const auto place = find_entry(key);
  if (place == entries_.end() || place->second.state == State::Over) { return; }
  Entry& entry = place->second;
  entry.is_cancelled = true;
  entry.wanted = entry.is_forced ? Shutdown::Terminate : std::max(entry.wanted, Shutdown::Stop);
  advance(now, place);
}

void Reconciler::force(Moment now, std::string_view release) {
  std::vector<std::string> names;
  for (auto& [name, entry] : entries_) {
    if (entry.key.release != release || entry.state == State::Over) { continue; }
    entry.is_forced = true;
    if (!entry.is_cancelled) { continue; }
    entry.wanted = Shutdown::Terminate;
    names.push_back(name);
  }
  for (const std::string& name : names) { advance(now, entries_.find(name)); }
}

bool Reconciler::is_idle() const noexcept {
  if (has_begun_ && !has_listed_) { return false; }
  return std::none_of(entries_.begin(), entries_.end(), [](const auto& named) {
    const Entry& entry = named.second;
    return entry.is_settled || entry.is_cancelled;  // What has ended is still to be let go.
  });
}

void Reconciler::settle(Moment now, std::string_view release, Ticket ticket) {
  for (const CallKey& key : keys_of(release, ticket)) {
    const auto place = find_entry(key);
    if (place != entries_.end()) { settle(now, place); }
  }
}

void Reconciler::settle(Moment now, Entries::iterator place) {
  Entry& entry = place->second;
  entry.is_settled = true;
  if (entry.state != State::Over) { entry.wanted = std::max(entry.wanted, Shutdown::Stop); }
  advance(now, place);
}

void Reconciler::settle_unclaimed(Moment now, const Orders::Unclaimed& workflow) {
  if (entries_.contains(workflow.view.name)) { return; }
  Entry& entry = add(workflow.key, workflow.view.name);
  entry.state = State::Sought;
  entry.is_settled = entry.is_cancelled = true;
  entry.wanted = Shutdown::Stop;
  observe(now, workflow.view, false);
}

// --- What follows --------------------------------------------------------------------------------

void Reconciler::answer(Entry& entry, CallAnswer::Kind kind, std::string message,
                        std::optional<std::string> context) {
  orders_.answers.push_back({entry.key, kind, std::move(message), std::move(context)});
}

/// The call is over, whatever becomes of the object.
void Reconciler::end(Entry& entry, CallAnswer::Kind kind, std::string message,
                     std::optional<std::string> context) {
  entry.state = State::Over;
  entry.must_read = false;
  entry.object = {};
  if (entry.is_cancelled) {
    answer(entry, CallAnswer::Kind::Stopped);
  } else if (!entry.is_settled) {
    answer(entry, kind, std::move(message), std::move(context));
  }
}

void Reconciler::report_finding(Entry& entry, Recovery recovery) {
  if (std::exchange(entry.is_asked, false)) { orders_.findings.emplace_back(entry.key, recovery); }
}

void Reconciler::send(const std::string& name, Entry& entry, Request kind, HttpRequest request) {
  const RequestId id{++last_id_};
  request_of_.emplace(id, name);
  entry.under_way = kind;
  orders_.requests.emplace_back(Orders::Send{id, std::move(request)});
}

void Reconciler::send_change(Moment now, const std::string& name, Entry& entry, Request kind,
                             HttpRequest request) {
  if (permit_) {
    request.not_after = permit_(entry.key.release);
    if (!request.not_after || *request.not_after <= now) { return; }  // permit() goes on.
  }
  if (kind == Request::Create) { entry.is_tried = true; }
  send(name, entry, kind, std::move(request));
}

bool Reconciler::concerns(std::string_view release) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& one) { return one.second.key.release == release; });
}

void Reconciler::permit(Moment now, std::string_view release) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) {
    if (entry.key.release == release) { names.push_back(name); }
  }
  for (const std::string& name : names) { advance(now, entries_.find(name)); }
}

void Reconciler::retry(Moment now, const std::string& name, Entry& entry,
                       const HttpResponse& response) {
  entry.due = entry.backoff.after_failure(now, chance_, response.retry_after);
  timers_.emplace(*entry.due, name);
}

/// Sends what is next for this workflow, if nothing is under way. May remove it.
void Reconciler::advance(Moment now, Entries::iterator place) {
  const std::string& name = place->first;
  Entry& entry = place->second;
  if (entry.under_way != Request::None || (entry.due && *entry.due > now)) { return; }
  const bool is_unwanted = entry.is_cancelled || entry.is_settled;
  if (entry.state == State::Wanted && is_unwanted && !entry.is_tried) {
    end(entry, CallAnswer::Kind::Stopped);
    entry.is_gone = true;
  }
  switch (entry.state) {
    case State::Wanted:
      if (!is_unwanted) {
        return send_change(now, name, entry, Request::Create, api_.create(entry.object));
      }
      entry.state = State::Sought;
      [[fallthrough]];
    case State::Sought: return send(name, entry, Request::Read, api_.get(name));
    case State::Present:
      if (entry.must_read) { return send(name, entry, Request::Read, api_.get(name)); }
      if (entry.wanted <= entry.sent) { return; }
      entry.sending = entry.wanted;
      return send_change(now, name, entry, Request::ShutDown, api_.shut_down(name, entry.wanted));
    case State::Over:
      if (entry.is_gone || (entry.is_settled && (entry.is_marked || !api_.keeps_outcomes()))) {
        return remove(place);
      }
      if (!entry.is_settled) { return; }
      if (entry.must_read) { return send(name, entry, Request::Read, api_.get(name)); }
      return send_change(now, name, entry, Request::Settle, api_.settle(name, entry.finalizer));
  }
}

void Reconciler::tick(Moment now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const std::string name = timers_.begin()->second;
    timers_.erase(timers_.begin());
    const auto place = entries_.find(name);
    if (place == entries_.end()) { continue; }
    place->second.due.reset();
    advance(now, place);
  }
  if (!has_begun_) { return; }
  if (std::optional<HttpRequest> request = watcher_.next_request(now, chance_)) {
    watching_ = RequestId{++last_id_};
    orders_.requests.emplace_back(Orders::Send{*watching_, std::move(*request)});
  }
}

std::optional<Moment> Reconciler::next_tick() const {
  std::optional<Moment> next = has_begun_ ? watcher_.due() : std::nullopt;
  if (!timers_.empty() && (!next || timers_.begin()->first < *next)) {
    next = timers_.begin()->first;
  }
  return next;
}

// --- What was seen -------------------------------------------------------------------------------

/// Whether the object is that of the call: not one of another host, of an earlier release of the
/// same id, or one that was created anew by somebody else.
bool Reconciler::is_own(const Entry& entry, const WorkflowView& view) const {
  return view.release_id == entry.key.release &&
         view.ticket == static_cast<std::uint64_t>(entry.key.ticket) &&
         view.role == entry.key.role && view.instance == api_.instance() &&
         (entry.uid.empty() || entry.uid == view.uid) &&
         (!view.is_settled || entry.state == State::Over);
}

void Reconciler::note_unclaimed(const WorkflowView& view) {
  if (view.release_id.empty() || view.is_settled || view.instance != api_.instance()) { return; }
  if (!unclaimed_.insert(view.name).second) { return; }
  orders_.unclaimed.push_back({{view.release_id, Ticket{view.ticket}, view.role}, view});
}

void Reconciler::observe(Moment now, const WorkflowView& view, bool may_be_gone) {
  const auto place = entries_.find(view.name);
  if (place == entries_.end()) { return note_unclaimed(view); }
  Entry& entry = place->second;
  if (is_own(entry, view)) {
    take(view.name, entry, view);
    entry.must_read = entry.must_read || (may_be_gone && entry.state == State::Present);
  } else if (entry.state == State::Present) {
    entry.must_read = true;
  }
  advance(now, place);
}

void Reconciler::take(const std::string& name, Entry& entry, const WorkflowView& view) {
  if (is_older(view.resource_version, entry.version)) { return; }
  entry.uid = view.uid;
  entry.version = view.resource_version;
  entry.finalizer = view.finalizer;
  entry.is_marked = view.is_settled;
  if (entry.state == State::Over) { return; }
  entry.object = {};
  entry.state = State::Present;
  if (view.is_over() || view.is_deleted) { return take_end(name, entry, view); }
  report_finding(entry, Recovery::Attached);
  if (view.is_suspended == entry.is_suspended || entry.is_cancelled) { return; }
  entry.is_suspended = view.is_suspended;
  answer(entry, view.is_suspended ? CallAnswer::Kind::Suspended : CallAnswer::Kind::Resumed);
}

void Reconciler::take_end(const std::string& name, Entry& entry, const WorkflowView& view) {
  report_finding(entry, Recovery::Ended);
  if (!view.is_over()) {
    end(entry, CallAnswer::Kind::Failed, "workflow " + name + " was deleted");
  } else if (view.has_succeeded()) {
    end(entry, CallAnswer::Kind::Succeeded, {}, view.context);
  } else {
    end(entry, CallAnswer::Kind::Failed, view.message, view.context);
  }
}

void Reconciler::take_news(Moment now, WatchNews news) {
  for (const WatchNews::Sighting& sighting : news.sightings) {
    observe(now, sighting.view, sighting.may_be_gone);
  }
  if (!news.problem.empty()) { notice("workflows cannot be watched: " + news.problem); }
  if (!news.listed) { return; }
  has_listed_ = true;
  unclaimed_.clear();
  std::vector<std::string> missing;
  for (auto& [name, entry] : entries_) {
    if (entry.state != State::Present || news.listed->names.contains(name) ||
        is_older(news.listed->version, entry.version)) {
      continue;
    }
    entry.must_read = true;
    missing.push_back(name);
  }
  for (const std::string& name : missing) { advance(now, entries_.find(name)); }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
