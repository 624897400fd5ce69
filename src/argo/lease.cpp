// SPDX-License-Identifier: Apache-2.0
#include "argo/lease.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "argo/json_members.hpp"
#include "argo/names.hpp"
#include "argo/workflow.hpp"
#include "base/parse_json.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kOwnIds = std::uint64_t{1} << 63U;  // A Reconciler counts from 1.
constexpr std::chrono::seconds kLook{1};                    // Between looks at one of another host.
constexpr std::chrono::seconds kRequestTime{4};             // Two fit into kLeaseKept.
constexpr std::chrono::seconds kRetry{1};
constexpr std::uint64_t kTimeMax = 3600;  // Of a lease, in seconds, whoever wrote it.

/// As Kubernetes writes a MicroTime.
std::string micro_time(Leases::WallTime time) {
  const auto all = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(all);
  const std::time_t count = seconds.count();
  std::tm parts{};
  gmtime_r(&count, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%06dZ",
                static_cast<int>((all - seconds).count()));
  return text.data();
}

std::uint64_t number_of(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

}  // namespace

bool Leases::is_own(RequestId id) noexcept {
  return (static_cast<std::uint64_t>(id) & kOwnIds) != 0;
}

void Leases::seek(Moment now, const std::string& release) {
  const auto [place, is_new] = entries_.try_emplace(release);
  if (is_new) { go_on(place->second, Request::Read, now); }
}

std::optional<Moment> Leases::held_until(std::string_view release) const {
  const auto found = entries_.find(release);
  if (found == entries_.end() || found->second.state != State::Held) { return std::nullopt; }
  return found->second.kept_until;
}

bool Leases::holds(Moment now, std::string_view release) const {
  const std::optional<Moment> until = held_until(release);
  return until && now < *until;
}

void Leases::give_up(Moment now, std::string_view release) {
  const auto place = entries_.find(release);
  if (place == entries_.end()) { return; }
  Entry& entry = place->second;
  if (entry.state == State::Held) {
    entry.state = State::GivenUp;
    if (entry.under_way == Request::None) { go_on(entry, Request::Update, now); }
  } else if (entry.state != State::GivenUp) {
    entries_.erase(place);
  }
}

void Leases::give_up_all(Moment now) {
  std::vector<std::string> releases;
  for (const auto& [release, entry] : entries_) { releases.push_back(release); }
  for (const std::string& release : releases) { give_up(now, release); }
}

// --- Requests ------------------------------------------------------------------------------------

void Leases::go_on(Entry& entry, Request next, Moment due) {
  entry.next = next;
  entry.due = due;
}

std::string Leases::object(const std::string& release, Entry& entry) {
  const std::string now = micro_time(wall_());
  const bool is_given_up = entry.state == State::GivenUp;
  Seen& seen = entry.seen;
  if (seen.holder != holder_ && !is_given_up) {
    if (!seen.version.empty()) { ++seen.transitions; }
    seen.acquired = now;
  }
  Json metadata = {
      {"name", lease_name(release)},
      {"namespace", api_.name_space()},
      {"labels",
       {{kInstanceLabel, api_.instance()}, {kReleaseLabel, distinct_label_value(release)}}},
      {"annotations", {{kReleaseAnnotation, release}}}};
  if (entry.next == Request::Update) { metadata["resourceVersion"] = seen.version; }
  const Json body = {{"apiVersion", "coordination.k8s.io/v1"},
                     {"kind", "Lease"},
                     {"metadata", std::move(metadata)},
                     {"spec",
                      {{"holderIdentity", is_given_up ? "" : holder_},
                       {"leaseDurationSeconds", is_given_up ? 1 : kLeaseTime.count()},
                       {"acquireTime", seen.acquired},
                       {"renewTime", now},
                       {"leaseTransitions", seen.transitions}}}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void Leases::send(Moment now, const std::string& release, Entry& entry) {
  HttpRequest request;
  switch (entry.next) {
    case Request::None: return;
    case Request::Read: request = api_.get_lease(lease_name(release)); break;
    case Request::Create: request = api_.create_lease(object(release, entry)); break;
    case Request::Update:
      request = api_.update_lease(lease_name(release), object(release, entry));
      break;
  }
  request.time_max = kRequestTime;
  request.is_urgent = true;
  entry.id = RequestId{kOwnIds | ++last_id_};
  entry.is_given_up = entry.state == State::GivenUp;
  entry.under_way = std::exchange(entry.next, Request::None);
  entry.sent = now;
  entry.due.reset();
  news_.requests.emplace_back(entry.id, std::move(request));
}

void Leases::tick(Moment now) {
  for (auto& [release, entry] : entries_) {
    if (entry.state == State::Held && !entry.is_overdue && entry.kept_until <= now) {
      entry.is_overdue = true;
      news_.notices.push_back("the lease of release '" + release +
                              "' was not renewed for 10 s: none of its commands begins until it "
                              "is");
    }
    if (entry.due && *entry.due <= now) { send(now, release, entry); }
  }
}

std::optional<Moment> Leases::next_tick() const {
  std::optional<Moment> next;
  const auto note = [&](Moment moment) { next = next ? std::min(*next, moment) : moment; };
  for (const auto& [release, entry] : entries_) {
    if (entry.due) { note(*entry.due); }
    if (entry.state == State::Held && !entry.is_overdue) { note(entry.kept_until); }
  }
  return next;
}

// --- Answers -------------------------------------------------------------------------------------

void Leases::on_response(Moment now, RequestId id, const HttpResponse& response) {
  const auto place = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& one) { return one.second.id == id; });
  if (place == entries_.end() || place->second.under_way == Request::None) { return; }
  const std::string& release = place->first;
  Entry& entry = place->second;
  const Request asked = std::exchange(entry.under_way, Request::None);
  const Json body = parse_json(response.body);
  const Json& spec = member(body, "spec");
  Seen seen{text_of(spec, "holderIdentity"), text_of(spec, "renewTime"),
            text_of(spec, "acquireTime"), text_of(member(body, "metadata"), "resourceVersion"),
            number_of(spec, "leaseTransitions")};
  if (const std::uint64_t time = number_of(spec, "leaseDurationSeconds"); time != 0) {
    seen.time = std::chrono::seconds(std::min(time, kTimeMax));
  }
  const bool is_whole = response.status >= 200 && response.status < 300 && !seen.version.empty();
  if (entry.state == State::GivenUp) {
    if (is_whole) { entry.seen.version = seen.version; }
    // If it was refused another host has it.
    if (entry.is_given_up && !may_pass(response)) {
      entries_.erase(place);
    } else {
      go_on(entry, Request::Update, may_pass(response) ? now + kRetry : now);
    }
    return;
  }
  if (is_whole) {
    entry.backoff.succeeded();
    if (asked == Request::Read) { return on_seen(now, release, entry, std::move(seen)); }
    return on_held(release, entry, std::move(seen));
  }
  on_failure(now, release, entry, response);
}

/// What a read says.
void Leases::on_seen(Moment now, const std::string& release, Entry& entry, Seen seen) {
  const bool is_ours = seen.holder == holder_;
  const bool is_changed = seen.holder != entry.seen.holder || seen.renewed != entry.seen.renewed;
  const bool was_seen = entry.seen_at.has_value();
  entry.seen = std::move(seen);
  if (entry.state == State::Held && !is_ours) {
    return refuse(release, entry,
                  "another host has taken it over" +
                      (entry.seen.holder.empty() ? std::string() : ", " + entry.seen.holder));
  }
  const bool is_free = is_ours || entry.seen.holder.empty();
  if (is_free) { return go_on(entry, Request::Update, now); }
  if (was_seen && is_changed) {
    return refuse(release, entry,
                  "another host drives it, and has just renewed its lease: " + entry.seen.holder);
  }
  if (!was_seen) { entry.seen_at = now; }
  const bool is_over = now - *entry.seen_at >= entry.seen.time;
  go_on(entry, is_over ? Request::Update : Request::Read, is_over ? now : now + kLook);
}

/// It was created or updated, and so it is ours.
void Leases::on_held(const std::string& release, Entry& entry, Seen seen) {
  const bool is_news = entry.state != State::Held || entry.is_overdue;
  entry.seen = std::move(seen);
  entry.state = State::Held;
  entry.is_overdue = false;
  entry.kept_until = entry.sent + kLeaseKept;
  go_on(entry, Request::Update, entry.sent + kLeaseRenewed);
  if (is_news) { news_.held.push_back(release); }
}

void Leases::on_failure(Moment now, const std::string& release, Entry& entry,
                        const HttpResponse& response) {
  if (response.status == kNotFound) {
    entry.seen = {};
    return go_on(entry, Request::Create, now);
  }
  if (response.status == kConflict) { return go_on(entry, Request::Read, now); }
  const bool is_temporary = may_pass(response) || response.status == kUnauthorized ||
                            (response.status >= 200 && response.status < 300);  // Damaged.
  if (!is_temporary && entry.state == State::Sought) {
    return refuse(release, entry, "its lease is refused: " + refusal(response));
  }
  // What was sent may have been done: a read says so.
  if (entry.state == State::Sought) {
    return go_on(entry, Request::Read,
                 entry.backoff.after_failure(now, chance_, response.retry_after));
  }
  const std::chrono::seconds asked = response.retry_after.value_or(kRetry);
  go_on(entry, Request::Read, now + std::clamp(asked, kRetry, kLeaseRenewed));
}

void Leases::refuse(const std::string& release, Entry& entry, std::string message) {
  const bool was_held = entry.state == State::Held;
  entry.state = State::Refused;
  entry.due.reset();
  news_.refused.push_back({release, std::move(message), was_held});
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
