// SPDX-License-Identifier: Apache-2.0
/// @file
/// Reconciler: the calls of one executor and the workflows that are theirs. It decides which
/// request brings what is there nearer to what is wanted, and which answers follow from what was
/// seen. Pure: no thread, no network, no clock; the time and the answers are given to it.
///
/// Invariants: a workflow has one request under way at most; what an object says counts only if it
/// is not older than what was seen before; a call is answered once.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "argo/api.hpp"
#include "argo/backoff.hpp"
#include "argo/watcher.hpp"
#include "argo/workflow.hpp"
#include "promoflow/executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The workflow of a call, whichever its attempt.
struct CallKey {
  std::string release;
  Ticket ticket{};
  WorkflowRole role{};
  auto operator<=>(const CallKey&) const = default;  // NOLINT(modernize-use-nullptr): a false one.
};

/// What is to be said to whoever made the call.
struct CallAnswer {
  enum class Kind : std::uint8_t { Succeeded, Failed, Suspended, Resumed, Stopped };
  CallKey key{};
  Kind kind{};
  std::string message{};
  std::optional<std::string> context{};
};

/// What is to be done, in order.
struct Orders {
  struct Send {
    RequestId id{};
    HttpRequest request{};
  };
  struct Drop {
    RequestId id{};
  };
  /// A workflow that is not settled, and is of no call that is known here. Reported once after
  /// each list.
  struct Unclaimed {
    CallKey key{};
    WorkflowView view{};
  };
  std::vector<std::variant<Send, Drop>> requests{};
  std::vector<CallAnswer> answers{};
  std::vector<std::pair<CallKey, Recovery>> findings{};  ///< Of find(), find_cancelled().
  std::vector<Unclaimed> unclaimed{};
  std::vector<std::string> notices{};  ///< For people: what does not work, and works again.

  bool empty() const noexcept {
    return requests.empty() && answers.empty() && findings.empty() && unclaimed.empty() &&
           notices.empty();
  }
};

class Reconciler {
 public:
  /// `seed`: of the jitter of what is tried again.
  Reconciler(Api api, std::uint32_t seed) : api_(std::move(api)), chance_(seed), watcher_(api_) {}
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  /// Until when something may be changed for a release; none: not now. Empty: always. What only
  /// reads is always sent.
  using Permit = std::function<std::optional<Moment>(std::string_view release)>;
  void obey(Permit permit) { permit_ = std::move(permit); }
  /// The release has the permit that it did not have.
  void permit(Moment now, std::string_view release);

  // --- What is wanted ----------------------------------------------------------------------------

  /// There shall be a workflow of that name, which `object` describes; its end is answered.
  void run(Moment now, const CallKey& key, const std::string& name, std::string object);
  /// Another process may have created it. If it is there, its end is answered; if not, Unknown is
  /// found, and the call is forgotten. What was found is in Orders::findings.
  void find(Moment now, const CallKey& key, const std::string& name);
  /// find() takes too long to be waited for: if the workflow is not there it is created.
  void run_unless_found(Moment now, const CallKey& key, std::string object);
  /// As find(), but of a workflow that is to end.
  void find_cancelled(Moment now, const CallKey& key, const std::string& name);
  /// All that is of the command shall end; that it has is answered with Stopped.
  void cancel(Moment now, std::string_view release, Ticket ticket);
  /// The same of one workflow.
  void cancel(Moment now, const CallKey& key);
  /// What was cancelled of the release, or is cancelled later, shall end at once.
  void force(Moment now, std::string_view release);
  /// The outcomes of all that is of the command need not be kept any longer, and nobody asks for
  /// them.
  void settle(Moment now, std::string_view release, Ticket ticket);
  /// The same of one that was reported as unclaimed.
  void settle_unclaimed(Moment now, const Orders::Unclaimed& workflow);
  /// Nothing is wanted but to hear of what is unclaimed: it lists, if it has not done so.
  void look_for_unclaimed() noexcept { has_begun_ = true; }

  // --- What happens ------------------------------------------------------------------------------

  void on_response(Moment now, RequestId id, const HttpResponse& response);
  void on_data(Moment now, RequestId id, std::string_view data);
  /// Makes what is due.
  void tick(Moment now);
  /// When tick() is to be called at the latest.
  std::optional<Moment> next_tick() const;

  Orders take_orders() { return std::exchange(orders_, {}); }
  std::size_t size() const noexcept { return entries_.size(); }
  /// Whether something is to be done for the release.
  bool concerns(std::string_view release) const;
  /// Whether nothing has to end or to be let go, and what is unclaimed was reported.
  bool is_idle() const noexcept;
  const Api& api() const noexcept { return api_; }

 private:
  enum class State : std::uint8_t {
    Wanted,   ///< It is to be created.
    Sought,   ///< It is to be read: it may be there.
    Present,  ///< It is there, and runs.
    Over,     ///< It has ended, or is gone; the call is answered.
  };
  enum class Request : std::uint8_t { None, Create, Read, ShutDown, Settle };
  /// One workflow. By its name, which is that of the call and of its attempt.
  struct Entry {
    CallKey key{};
    std::string object{};  ///< What creates it; empty once it is there.
    State state = State::Wanted;
    Request under_way = Request::None;
    std::optional<Moment> due{};  ///< Nothing is sent before.
    Backoff backoff{};
    std::string uid{};
    std::string version{};  ///< Of the newest object that was seen.
    std::optional<std::size_t> finalizer{};
    Shutdown wanted = Shutdown::None;
    Shutdown sent = Shutdown::None;     ///< The request was taken.
    Shutdown sending = Shutdown::None;  ///< The request that is under way.
    bool is_tried = false;              ///< A request to create it was sent: it may be there.
    bool is_asked = false;              ///< find(): what was found is to be reported.
    bool is_cancelled = false;          ///< Its end is answered with Stopped.
    bool is_forced = false;             ///< If it is cancelled, its exit handlers do not run.
    bool is_suspended = false;          ///< So it was answered.
    bool is_settled = false;            ///< The finalizer may go.
    bool is_gone = false;               ///< There is no object any more.
    bool is_marked = false;             ///< The object is labelled as settled.
    bool must_read = false;  ///< It may be gone: one read that is not from a cache says so.
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  Entries::iterator find_entry(const CallKey& key);
  std::vector<CallKey> keys_of(std::string_view release, Ticket ticket) const;
  void settle(Moment now, Entries::iterator place);
  Entry& add(const CallKey& key, std::string name);
  void remove(Entries::iterator place);
  void advance(Moment now, Entries::iterator place);
  void send(const std::string& name, Entry& entry, Request kind, HttpRequest request);
  /// As send(), of what changes something: if it is permitted.
  void send_change(Moment now, const std::string& name, Entry& entry, Request kind,
                   HttpRequest request);
  void retry(Moment now, const std::string& name, Entry& entry, const HttpResponse& response);
  void answer(Entry& entry, CallAnswer::Kind kind, std::string message = {},
              std::optional<std::string> context = std::nullopt);
  void end(Entry& entry, CallAnswer::Kind kind, std::string message = {},
           std::optional<std::string> context = std::nullopt);
  void report_finding(Entry& entry, Recovery recovery);

  void observe(Moment now, const WorkflowView& view, bool may_be_gone);
  void take(const std::string& name, Entry& entry, const WorkflowView& view);
  void take_end(const std::string& name, Entry& entry, const WorkflowView& view);
  bool is_own(const Entry& entry, const WorkflowView& view) const;
  void note_unclaimed(const WorkflowView& view);
  void note_absence(const std::string& name, Entry& entry);

  void on_created(Moment now, const std::string& name, Entry& entry, const HttpResponse& response);
  void on_read(Moment now, const std::string& name, Entry& entry, const HttpResponse& response);
  void on_shut_down(Moment now, const std::string& name, Entry& entry,
                    const HttpResponse& response);
  void on_settled(Moment now, const std::string& name, Entry& entry, const HttpResponse& response);
  void take_news(Moment now, WatchNews news);
  void note_reach(const HttpResponse& response);
  void notice(std::string text);

  const Api api_;
  Permit permit_{};
  Chance chance_;
  Watcher watcher_;
  std::optional<RequestId> watching_{};
  bool has_begun_ = false;   ///< Something was wanted: from then on it watches.
  bool has_listed_ = false;  ///< A list was whole.
  std::uint64_t last_id_ = 0;
  Entries entries_{};
  std::map<CallKey, std::string> name_of_{};
  std::map<RequestId, std::string> request_of_{};  ///< The names that requests are about.
  std::set<std::pair<Moment, std::string>> timers_{};
  std::set<std::string, std::less<>> unclaimed_{};  ///< Reported since the last list.
  std::uint32_t failures_ = 0;                      ///< Since the server was reached last.
  std::string last_notice_{};
  Orders orders_{};
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
