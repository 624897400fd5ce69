// SPDX-License-Identifier: Apache-2.0
/// @file
/// The rules once more, written from their text for the tests: plain values, naive containers, no
/// thought of speed or memory. It shares nothing with the machine but the flow that it reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/event.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/release.hpp"

namespace promoflow::prove {

/// Milliseconds since the epoch.
using Ms = std::int64_t;

/// Index of an environment, or the release itself.
using Scope = int;
inline constexpr Scope kRelease = -1;

/// The four things that a scope does.
enum class Phase { OnStart, Promotion, OnSuccess, OnFail };

/// A command's place in the flow: the same command is issued again at the same place (R4).
struct Place {
  Scope scope = kRelease;
  Phase phase = Phase::OnStart;
  std::size_t hook = 0;
  auto operator<=>(const Place&) const = default;
};

/// A command that was issued and has not ended, or a further attempt that waits (R9).
struct Issued {
  Place place;
  std::optional<Ms> due{};  ///< When it expires; of a waiting attempt, when it is issued.
  bool suspended = false;
  std::string line{};     ///< Its line of the trace, from the ticket on.
  std::string context{};  ///< What it was handed.
};

/// One key of the promotion context (C5).
struct Entry {
  std::string key;
  std::string json;
  std::uint64_t ticket = 0;
  Scope writer = kRelease;
  bool operator==(const Entry&) const = default;
};

struct Conflict {
  std::string key;
  std::uint64_t earlier = 0, later = 0;
  bool operator==(const Conflict&) const = default;
};

struct Rejected {
  std::uint64_t ticket = 0;
  std::string reason, text;
  bool operator==(const Rejected&) const = default;
};

/// How the release, or one environment, stands.
struct Standing {
  std::string status = "Pending";
  std::optional<std::string> message{};
  std::optional<Place> at{};  ///< The command that it is at, or failed or was cut at; not onFail.
  bool failing = false;       ///< Its onFail chain has not ended.
};

/// A release as the rules tell it. A value: a copy is another release in the same state.
class Model {
 public:
  Model(const Flow& flow, ReleaseInfo info, Ms now, std::string_view context);

  /// One event, by the rules. "ok", or the name of the refusal (R13).
  std::string apply(const Event& event);

  /// What happened since the last call, as S5 prints it.
  std::vector<std::string> take_lines();

  std::optional<Ms> next_timer() const;
  std::string phase(Scope scope) const;  ///< R14.
  std::string context_json() const;
  /// The whole state as text: two models with the same text have the same future.
  std::string digest() const;

  // The state, open to whoever compares.
  Ms now = 0;
  Standing release;
  std::vector<Standing> environments;
  std::map<std::uint64_t, Issued> outstanding, waiting;  ///< By ticket; waiting: that failed.
  std::uint64_t tickets = 0;
  std::vector<Entry> context;
  std::vector<Conflict> conflicts;
  std::vector<Rejected> rejected;

  bool is_final() const;
  const Hook* hook_of(const Place& place) const;  ///< Null: a promotion.

 private:
  struct Timer;

  // Events.
  std::string refusal(const Event::What& what) const;
  std::string ticket_refusal(std::uint64_t ticket, std::optional<bool> hook) const;
  void take(const Event::What& what);
  void fire_timers(Ms at);
  std::optional<Timer> first_timer() const;
  void answer(std::uint64_t ticket, std::optional<std::string_view> exported);
  void failed(std::uint64_t ticket, std::string message);
  void suspend(std::uint64_t ticket);
  void wake(const Issued& command);
  void terminate(const std::string& reason);
  void retry();
  void decide_suspended();

  // The words of the algorithm.
  void open();
  void succeed(Scope scope);
  void begin_all();
  void fail(Scope scope, const std::string& why);
  void cut(Scope scope, const std::string& why);
  void settle();
  void end(const std::string& status);
  void finish();
  void chain(Scope scope, Phase phase, std::size_t hook);
  void issue(const Place& place, bool again);
  void drop(Scope scope);

  std::vector<Scope> ready() const;
  bool depends(Scope scope, Scope on) const;
  void merge(const Issued& command, std::uint64_t ticket, std::string_view exported);
  std::string arguments(const Place& place) const;
  Standing& standing(Scope scope) {
    return scope == kRelease ? release : environments.at(at(scope));
  }
  const Standing& standing(Scope scope) const {
    return scope == kRelease ? release : environments.at(at(scope));
  }
  static std::size_t at(Scope scope) { return static_cast<std::size_t>(scope); }
  std::string name(Scope scope) const;
  std::span<const Hook> hooks(Scope scope, Phase phase) const;
  void become(Scope scope, const std::string& status);
  void say(const std::string& fields);

  Flow flow_;
  ReleaseInfo info_;
  std::optional<Ms> deadline_;
  bool terminated_ = false, admitting_ = true;
  std::string outcome_;  ///< What the release becomes when its last chain ends (end).
  std::map<Place, std::uint32_t> attempts_, retries_;
  std::vector<std::string> lines_;
};

/// A duration as M5 prints it.
std::string duration_text(Ms ms);

/// C4's reason against an export; empty: none. What is no JSON is known by the next two alone.
std::string flaw_of(std::string_view exported);
inline constexpr std::string_view kNotUtf8 = "\xFF";
inline constexpr std::string_view kBadJson = "TICKET=ABC-1";

}  // namespace promoflow::prove
