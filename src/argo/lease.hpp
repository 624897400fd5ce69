// SPDX-License-Identifier: Apache-2.0
/// @file
/// Leases: for hosts without a common store, one Lease of the cluster for each release says which
/// host drives it. Pure: no thread, no network, no clock; the time and the answers are given to it.
///
/// Invariant: a lease counts as held for kLeaseKept from the moment at which the request was sent
/// that acquired or renewed it, and no longer; another host takes it over only when it has seen it
/// unchanged for kLeaseTime, by its own clock. So two hosts never hold one at the same time,
/// however far the times that they write into it are apart.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "argo/api.hpp"
#include "argo/backoff.hpp"
#include "argo/http.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr std::chrono::seconds kLeaseTime{15};    ///< Unchanged for so long, it is free.
inline constexpr std::chrono::seconds kLeaseRenewed{5};  ///< How often.
inline constexpr std::chrono::seconds kLeaseKept{10};    ///< Without a renewal.

/// What has come of leases since the last look.
struct LeaseNews {
  std::vector<std::pair<RequestId, HttpRequest>> requests{};
  std::vector<std::string> held{};  ///< Acquired, or renewed after it was not held for a while.
  struct Refusal {
    std::string release{};
    std::string message{};  ///< For people: who has it.
    bool was_held = false;  ///< It is lost.
  };
  std::vector<Refusal> refused{};      ///< Each once; they are not sought again.
  std::vector<std::string> notices{};  ///< For people.
};

class Leases {
 public:
  using WallTime = std::chrono::system_clock::time_point;
  /// `holder`: this host, by a name that no other process has. `wall`: what is written into the
  /// leases, for people.
  Leases(Api api, std::string holder, std::uint32_t seed, std::function<WallTime()> wall)
      : api_(std::move(api)), holder_(std::move(holder)), chance_(seed), wall_(std::move(wall)) {}

  /// It shall be held from now on. Nothing if it is sought, held or was refused.
  void seek(Moment now, const std::string& release);
  /// Until when commands of the release may be given; none: it is not held.
  std::optional<Moment> held_until(std::string_view release) const;
  bool holds(Moment now, std::string_view release) const;
  /// Another host may have it at once, and it may be sought again.
  void give_up(Moment now, std::string_view release);
  /// Another host may have them at once. Nothing is held from now on.
  void give_up_all(Moment now);
  /// No lease is held or sought.
  bool empty() const noexcept { return entries_.empty(); }

  /// Whether the request is one of these.
  static bool is_own(RequestId id) noexcept;
  void on_response(Moment now, RequestId id, const HttpResponse& response);
  void tick(Moment now);
  std::optional<Moment> next_tick() const;
  LeaseNews take_news() { return std::exchange(news_, {}); }

 private:
  enum class State : std::uint8_t {
    Sought,   ///< It is looked at, until it is free.
    Held,     ///< It was acquired; whether it still counts, `kept_until` says.
    Refused,  ///< Another host has it.
    GivenUp,  ///< It is written that nobody has it.
  };
  enum class Request : std::uint8_t { None, Read, Create, Update };
  /// What is known of the object.
  struct Seen {
    std::string holder{};
    std::string renewed{};
    std::string acquired{};
    std::string version{};
    std::uint64_t transitions = 0;
    std::chrono::seconds time{kLeaseTime};
  };
  struct Entry {
    State state = State::Sought;
    Request next = Request::Read;
    Request under_way = Request::None;
    RequestId id{};
    Moment sent{};
    std::optional<Moment> due{};  ///< When `next` is sent; none: something is under way.
    Backoff backoff{};
    Seen seen{};
    std::optional<Moment> seen_at{};  ///< Since when it is as it was seen.
    Moment kept_until{};
    bool is_given_up = false;  ///< The request under way says that nobody has it.
    bool is_overdue = false;   ///< It was said that it is not held for the moment.
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  void send(Moment now, const std::string& release, Entry& entry);
  std::string object(const std::string& release, Entry& entry);
  void go_on(Entry& entry, Request next, Moment due);
  void on_seen(Moment now, const std::string& release, Entry& entry, Seen seen);
  void on_held(const std::string& release, Entry& entry, Seen seen);
  void on_failure(Moment now, const std::string& release, Entry& entry,
                  const HttpResponse& response);
  void refuse(const std::string& release, Entry& entry, std::string message);

  const Api api_;
  const std::string holder_;
  Chance chance_;
  const std::function<WallTime()> wall_;
  std::uint64_t last_id_ = 0;
  Entries entries_{};
  LeaseNews news_{};
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
