// SPDX-License-Identifier: Apache-2.0
// Breadth first through the states of one release. The bytes of its snapshot identify a state.
#include <deque>
#include <unordered_map>

#include "small.hpp"

namespace promoflow::prove {

namespace {

/// What has been done on a path that bounds limit.
struct Done {
  int retries = 0;
  int changes = 0;
};

/// A state that is still to be visited.
struct Node {
  std::string snapshot;
  Model model;
  Watch watch;
  Done done;
  std::uint32_t id = 0;
};

/// How a state was first reached.
struct Step {
  std::uint32_t from = 0;
  std::string event;
  std::uint64_t digest = 0;  ///< Of the model: other paths to the state must agree.
};

class Explorer {
 public:
  Explorer(const Flow& flow, const Bounds& bounds, Counts& counts)
      : flow_(flow), bounds_(bounds), counts_(counts) {}

  /// False: there are more states than states_max, and the rest was left.
  bool run() {
    Release release = value_of(Release::start(flow_, kInfo, Instant{}), "start");
    const Model model(flow_, kInfo, 0, "");
    Model copy = model;
    Watch watch(flow_, Instant{});
    compare_lines(copy.take_lines(), take_lines(release, &watch, counts_), counts_);
    watch.check_rest(release, counts_);
    reach(release, {"", copy, watch, {}, 0}, 0, "start");
    while (!todo_.empty()) {
      const Node node = std::move(todo_.front());
      todo_.pop_front();
      visit(node);
      const bool whole = steps_.size() <= bounds_.states_max;
      expect(whole || bounds_.may_be_left, "more states than states_max");
      if (!whole) { return false; }
    }
    return true;
  }

 private:
  static inline const ReleaseInfo kInfo{.id = "r"};

  void visit(const Node& node) {
    const Model& model = node.model;
    for (const auto& [ticket, command] : model.outstanding) { answer(node, ticket, command); }
    for (std::uint64_t ticket = model.tickets; ticket > 0; --ticket) {
      if (model.soaking(ticket)) { take(node, PromotionFailed{Ticket{ticket}, "no"}); }
    }
    if (may(model, Terminate{"stop"})) { take(node, Terminate{"stop"}); }
    if (!model.is_final()) { take(node, Terminate{"now", true}); }
    change(node);
    if (const auto timer = model.next_timer()) { take(node, Tick{}, *timer); }
    refuse(node);
    if (node.id % 16 == 0) { finish(node); }
  }

  /// What a host reports of an outstanding command.
  void answer(const Node& node, std::uint64_t ticket, const Issued& command) {
    const Ticket it{ticket};
    if (node.model.hook_of(command.place) != nullptr) {
      take(node, HookSucceeded{it, exported(node.model, command)});
      take(node, HookFailed{it, "no"});
    } else {
      take(node, PromotionSucceeded{it});
      take(node, PromotionFailed{it, "no"});
    }
    if (bounds_.suspends) {
      take(node, command.suspended ? Event::What(Resumed{it}) : Suspended{it});
    }
    if (bounds_.queues && command.queued) { take(node, Started{it}); }
    if (bounds_.queues && !command.queued && !command.started) { take(node, Queued{it}); }
  }

  /// What an operator changes, as long as the bounds let him.
  void change(const Node& node) {
    if (node.done.retries < bounds_.retries && may(node.model, Retry{})) { take(node, Retry{}); }
    if (node.done.changes == bounds_.changes) { return; }
    for (const std::string_view one : names()) {
      const std::string_view list[] = {one};
      if (may(node.model, Retry{list})) { take(node, Retry{list}); }
      if (may(node.model, Skip{one, "not now"})) { take(node, Skip{one, "not now"}); }
    }
  }

  std::vector<std::string_view> names() const {
    std::vector<std::string_view> all;
    for (std::uint32_t i = 0; i < flow_.environment_count(); ++i) {
      all.push_back(flow_.environment_name(EnvironmentId{i}));
    }
    return all;
  }

  /// Whether the model takes it, once what is due has fired.
  static bool may(const Model& model, const Event::What& what) {
    Model copy = model;
    return copy.apply({Instant{std::chrono::milliseconds{model.now}}, what}) == "ok";
  }

  /// What the hooks of a place export: different values to the same key, from each environment.
  static std::optional<std::string_view> exported(const Model& model, const Issued& command) {
    static constexpr std::string_view kExports[] = {"{\"K\":0}", "{\"K\":1}", "{\"K\":2}",
                                                    "{\"K\":3}", "{\"K\":4}"};
    if (model.hook_of(command.place)->retry.limit == 0) { return std::nullopt; }
    return kExports[static_cast<std::size_t>(command.place.scope + 1) % 5];
  }

  /// One transition: the machine, restored from the state's snapshot, against the model.
  void take(const Node& node, const Event::What& what, std::optional<Ms> at = std::nullopt) {
    const Event event{Instant{std::chrono::milliseconds{at.value_or(node.model.now)}}, what};
    const std::string name = value_of(to_json(event), "an event's line");
    try {
      Release release = restored(node);
      Node next = node;
      expect_equal("the answer", next.model.apply(event), answer_of(release.apply(event)));
      compare_lines(next.model.take_lines(), take_lines(release, &next.watch, counts_), counts_);
      next.watch.check_rest(release, counts_);
      ++counts_[kTransitions];
      const bool some = std::holds_alternative<Retry>(what) && std::get<Retry>(what).environments;
      if (some || std::holds_alternative<Skip>(what)) {
        ++next.done.changes;
      } else if (std::holds_alternative<Retry>(what)) {
        ++next.done.retries;
      }
      reach(release, std::move(next), node.id, name);
      deliver_again(release, event, counts_);
    } catch (const Broken& broken) {
      throw Broken(std::string(broken.what()) + path(node.id) + "\n    " + name);
    }
  }

  Release restored(const Node& node) {
    Release release = value_of(Release::restore(flow_, node.snapshot), "restore");
    compare_reissued(release, node.model, counts_);
    return release;
  }

  /// Keeps a state that was not known yet; `next` has all of it but its snapshot and its id.
  void reach(const Release& release, Node next, std::uint32_t from, const std::string& event) {
    next.snapshot = snapshot_of(release);
    next.id = static_cast<std::uint32_t>(steps_.size());
    const std::uint64_t digest = std::hash<std::string>()(next.model.digest());
    // What was done is not part of the state, but of what may still be done to it.
    const auto done = static_cast<std::size_t>(next.done.retries * 8 + next.done.changes);
    const auto key = std::hash<std::string>()(next.snapshot) * 31 + done;
    const auto [known, added] = seen_.emplace(key, next.id);
    if (!added) {
      expect(steps_[known->second].digest == digest,
             "promise 7: two paths with different futures have the same snapshot");
      return;
    }
    compare_state(release, next.model);
    ++counts_[kStates];
    steps_.push_back({from, event, digest});
    todo_.push_back(std::move(next));
  }

  /// Promise 8: what must be refused here is refused, and the state is the same to the byte.
  void refuse(const Node& node) {
    const Model& model = node.model;
    if (model.next_timer() && *model.next_timer() <= model.now) { return; }  // It would fire.
    Release release = restored(node);
    Model same = model;
    for (const Event::What& what : wrong(model)) {
      const Event event{Instant{std::chrono::milliseconds{model.now}}, what};
      const std::string answer = answer_of(release.apply(event));
      if (answer != same.apply(event) || answer == "ok" || release.next_record()) {
        throw Broken("promise 8: the answer is " + answer + path(node.id) + "\n    " +
                     value_of(to_json(event), "an event's line"));
      }
      ++counts_[kRefusals];
    }
    if (snapshot_of(release) != node.snapshot) {
      throw Broken("promise 8: a refused event changed the state" + path(node.id));
    }
  }

  /// Events that must be refused in this state.
  std::vector<Event::What> wrong(const Model& model) const {
    static constexpr std::string_view kUnknown[] = {"nowhere"};
    std::vector<Event::What> all{HookSucceeded{Ticket{0}}, PromotionFailed{Ticket{99}, "no"},
                                 Retry{kUnknown}, Retry{std::span<const std::string_view>()},
                                 Skip{"nowhere"}};
    for (std::uint64_t ticket = model.tickets; ticket > 0; --ticket) {
      if (model.outstanding.contains(ticket)) { continue; }
      const Ticket it{ticket};
      all.insert(all.end(), {HookSucceeded{it, "{\"K\":9}"}, PromotionSucceeded{it}, Suspended{it},
                             Queued{it}});
      if (!model.soaking(ticket)) { break; }
    }
    for (const auto& [ticket, command] : model.outstanding) {
      const Ticket it{ticket};
      if (model.hook_of(command.place) != nullptr) {
        all.insert(all.end(), {PromotionSucceeded{it}, PromotionFailed{it, "no"}});
      } else {
        all.insert(all.end(), {HookSucceeded{it}, HookFailed{it, "no"}});
      }
      all.push_back(command.suspended ? Event::What(Suspended{it}) : Resumed{it});
      all.push_back(command.queued ? Event::What(Queued{it}) : Started{it});
    }
    for (const Event::What& what : {Event::What(Retry{}), Event::What(Terminate{"stop"}),
                                    Event::What(Terminate{"now", true})}) {
      if (!may(model, what)) { all.push_back(what); }
    }
    for (const std::string_view one : names()) {
      if (!may(model, Skip{one})) { all.emplace_back(Skip{one}); }
    }
    return all;
  }

  /// Promise 5: from here the release ends if time passes, and if commands are answered.
  void finish(const Node& node) {
    for (const bool by_time : {true, false}) {
      Release release = restored(node);
      for (int step = 0; !is_final(release.status()); ++step) {
        if (step > 1000) { throw Broken("promise 5: the release does not end" + path(node.id)); }
        const auto commands = value_of(release.outstanding(), "outstanding");
        Event event{release.next_timer().value_or(Instant{}), Tick{}};
        if (!by_time && !commands.empty()) {
          const Ticket ticket = ticket_of(commands.front().command);
          event.what = PromotionSucceeded{ticket};
          if (std::holds_alternative<RunHook>(commands.front().command)) {
            event.what = HookSucceeded{ticket};
          }
          event.at = Instant{};
        }
        expect_equal("promise 5: an answer was refused", "ok", answer_of(release.apply(event)));
        while (release.next_record()) {}
        expect(!by_time || event.at <= node.watch.ends_by(),
               "promise 13: the release goes on past its last deadline");
      }
      ++counts_[kFinal];
    }
  }

  std::string path(std::uint32_t id) const {
    std::string text;
    for (; id != 0; id = steps_[id].from) { text = "\n    " + steps_[id].event + text; }
    return "\n  after" + text;
  }

  const Flow& flow_;
  Bounds bounds_;
  Counts& counts_;
  std::deque<Node> todo_;
  std::unordered_map<std::size_t, std::uint32_t> seen_;
  std::vector<Step> steps_;
};

}  // namespace

bool explore(const Flow& flow, const Bounds& bounds, Counts& counts) {
  const bool whole = Explorer(flow, bounds, counts).run();
  counts[kFlows] += whole ? 1 : 0;
  return whole;
}

}  // namespace promoflow::prove
