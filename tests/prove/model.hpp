// SPDX-License-Identifier: Apache-2.0
/// @file
/// A second implementation of the rules of docs/semantics.md, written for the tests from their text
/// alone: plain values, naive containers, no thought of speed or memory. It shares nothing with the
/// library's machine but the flow that it reads. Functions are named as the rules name the steps of
/// the algorithm: open, succeed, admit, begin, fail, cut, settle, end, chain.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
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

/// What a scope runs, in the order in which it runs it.
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
  std::uint32_t attempt = 0;  ///< R4; 0: it waits.
  std::optional<Ms> due{};    ///< When it expires; of a waiting attempt, when it is issued.
  bool suspended = false;
  bool queued = false;    ///< R19: the host has reported Queued and not yet Started.
  bool started = false;   ///< R19: the host has reported Started.
  std::string line{};     ///< Its line of the trace, from the ticket on.
  std::string context{};  ///< The promotion context that it was issued with.
};

/// A promotion that succeeded, while its environment soaks (R18).
struct Soak {
  std::uint64_t ticket = 0;
  std::optional<Ms> due{};  ///< Not given: a cut or a force ended it; a Retry begins it anew.
  bool operator==(const Soak&) const = default;
};

/// One key of the promotion context (C5).
struct Entry {
  std::string key;
  std::string json;
  std::uint64_t ticket = 0;
  bool operator==(const Entry&) const = default;
};

/// A write to a key that no later write has superseded (C5).
struct LiveWrite {
  std::string json;
  std::uint64_t ticket = 0;
  Scope writer = kRelease;
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

/// The state of the release, or of one environment.
struct ScopeState {
  std::string status = "Pending";
  std::optional<std::string> message{};
  /// The command of onStart, promotion or onSuccess that it runs, or failed or was stopped at.
  std::optional<Place> reached{};
  bool runs_on_fail = false;   ///< Its onFail chain has begun and not ended.
  std::optional<Soak> soak{};  ///< R18: at `reached`, its promotion has succeeded.
};

/// A release by the rules. A value: a copy is another release in the same state.
class Model {
 public:
  /// The start; `selection` must be valid for the flow (R16), `context` by C4.
  Model(const Flow& flow, ReleaseInfo info, Ms now, std::string_view context,
        const EnvironmentSelection& selection = {});

  /// One event, by the rules. "ok", or the name of the refusal (R13).
  std::string apply(const Event& event);

  /// What happened since the last call, as S5 prints it.
  std::vector<std::string> take_lines();

  std::optional<Ms> next_timer() const;
  std::string phase(Scope scope) const;  ///< R14.
  PendingReason why_pending(Scope scope) const;
  std::string context_json() const;
  /// The whole state as text: two models with the same text have the same future.
  std::string digest() const;

  // The state, public for comparisons.
  Ms now = 0;
  ScopeState release;
  std::vector<ScopeState> environments;
  std::map<std::uint64_t, Issued> outstanding;
  std::map<std::uint64_t, Issued> waiting;  ///< Further attempts, by the ticket that failed.
  std::uint64_t tickets = 0;
  std::vector<Entry> context;
  std::vector<Conflict> conflicts;
  std::vector<Rejected> rejected;

  bool is_final() const;
  /// The environment that soaks under this ticket; none: it is no such ticket.
  std::optional<Scope> soaking(std::uint64_t ticket) const;
  const Hook* hook_of(const Place& place) const;  ///< Null: a promotion.
  /// Whether a Retry or Skip is taken for this environment in its present status (R12, R16).
  bool has_stopped(Scope scope) const;
  /// When R7's deadline is due that counts at present: the flow's, or the end's.
  std::optional<Ms> deadline() const { return flow_deadline_ ? flow_deadline_ : end_deadline_; }

 private:
  struct Timer;

  // Events.
  std::string refusal(const Event::What& what) const;
  std::string ticket_refusal(std::uint64_t ticket, std::optional<bool> hook) const;
  std::string retry_refusal(const Retry& event) const;
  std::string skip_refusal(const Skip& event) const;
  bool can_terminate(const Terminate& event) const;
  bool can_change_some() const;
  void take(const Event::What& what);
  void fire_timers(Ms at);
  void fire(const Timer& timer);
  std::optional<Timer> first_timer(std::optional<Ms> by) const;
  void expire(std::uint64_t ticket);
  void reject(Rejected what);
  void succeeded(std::uint64_t ticket, std::optional<std::string_view> exported);
  void failed(std::uint64_t ticket, const std::string& message);
  void soak_failed(std::uint64_t ticket, const std::string& message);
  void try_again_or_fail(std::uint64_t ticket, const Place& place, const std::string& message);
  void suspend(std::uint64_t ticket);
  void resume(const Resumed& event);
  void switch_queue(std::uint64_t ticket, bool queued);
  void end_suspension(const Issued& command);
  void terminate(const std::string& reason, std::string_view by);
  void force(const std::string& reason, std::string_view by);
  void retry(const Retry& event);
  void retry_environment(Scope scope);
  void skip(const Skip& event);
  void decide_suspended();

  // The steps of the algorithm.
  void open();
  void succeed(Scope scope);
  void admit();
  void fail(Scope scope, const std::string& why);
  void cut(Scope scope, const std::string& why);
  void settle();
  void end(const std::string& status);
  void finish();
  void chain(Scope scope, Phase phase, std::size_t hook);
  void issue(const Place& place, bool again);
  void begin_soak(Scope scope, std::uint64_t ticket);
  void drop(Scope scope);
  void arm_flow_deadline();
  void arm_end_deadline();
  void set_termination_message(const std::string& reason);

  bool admits() const;
  bool has_failure() const;
  bool is_met(EnvironmentId dependency) const;
  std::vector<Scope> ready() const;
  bool depends(Scope scope, Scope on) const;
  std::vector<bool> skipped_by(const EnvironmentSelection& selection) const;
  std::optional<Ms> timeout_of(const Place& place) const;
  const RetryPolicy& retry_policy(const Place& place) const;
  std::string merge_error(std::string_view exported) const;
  std::vector<Entry> merged(std::string_view exported, std::uint64_t ticket) const;
  void merge(Scope writer, std::uint64_t ticket, std::string_view exported);
  std::optional<std::uint64_t> write(Scope writer, std::uint64_t ticket, const std::string& key,
                                     const std::string& json);
  std::string failed_environments(const Place& place) const;
  std::string arguments(const Place& place) const;
  ScopeState& state_of(Scope scope) {
    return scope == kRelease ? release : environments.at(at(scope));
  }
  const ScopeState& state_of(Scope scope) const {
    return scope == kRelease ? release : environments.at(at(scope));
  }
  static std::size_t at(Scope scope) { return static_cast<std::size_t>(scope); }
  std::vector<Scope> scopes() const;  ///< The environments, in step order.
  std::string name(Scope scope) const;
  std::span<const Hook> hooks(Scope scope, Phase phase) const;
  void set_status(Scope scope, const std::string& status);
  void add_line(const std::string& event, const std::string& fields);

  Flow flow_;
  ReleaseInfo info_;
  std::optional<Ms> flow_deadline_, end_deadline_;
  bool opened_ = false;      ///< release.onStart has succeeded.
  bool terminated_ = false;  ///< R6: since the last Retry.
  std::string outcome_;      ///< What the release becomes when its last chain ends (end).
  std::map<Place, std::uint32_t> attempts_, retries_;
  std::map<std::string, std::vector<LiveWrite>> live_writes_;
  std::vector<std::string> lines_;
};

/// A text as JSON writes it, with its quotes.
std::string in_quotes(std::string_view text);

/// A duration as M5 prints it.
std::string duration_text(Ms ms);

/// Longest message or reason that is kept whole (R5).
inline constexpr std::size_t kMessageBytesMax = 4096;

/// `text`, or its longest prefix of whole code points that has `bytes` with `...` behind it (R5).
std::string shortened(std::string_view text, std::size_t bytes);

/// Whether a text is no export at all: empty, or JSON white space only (C1).
bool is_blank(std::string_view text);

/// Whether a name is one of A1's or A2's: only the library's own values are handed (A5).
bool is_reserved(std::string_view name);

/// C4's reason against an export, or against the context given at start; empty: none. Where a text
/// stops to be JSON it does not know: it says line 1, column 1.
std::string export_error(std::string_view text);

/// JSON text without white space.
std::string compact(std::string_view json);

/// Texts that are no JSON from their first character on.
inline constexpr std::string_view kNotUtf8 = "\xFF";
inline constexpr std::string_view kBadJson = "TICKET=ABC-1";

}  // namespace promoflow::prove
