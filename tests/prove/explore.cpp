// SPDX-License-Identifier: Apache-2.0
// Breadth first through the states of one release, each known by the bytes of its snapshot.
#include <deque>
#include <unordered_map>

#include "small.hpp"

namespace promoflow::prove {

namespace {

/// A state that waits to be visited.
struct Node {
  std::string snapshot;
  Model model;
  int retries = 0;  ///< By the operator, so far.
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
  Explorer(const Flow& flow, const Operator& bounds, Counts& counts)
      : flow_(flow), bounds_(bounds), counts_(counts) {}

  /// False: there are more states than states_max, and the rest was left.
  bool run() {
    Release release = value_of(Release::start(flow_, kInfo, Instant{}), "start");
    Model model(flow_, kInfo, 0, "");
    compare_lines(model.take_lines(), take_lines(release, nullptr, counts_), counts_);
    reach(release, model, 0, 0, "start");
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
    for (const auto& [ticket, command] : model.outstanding) {
      const Ticket it{ticket};
      if (model.hook_of(command.place) != nullptr) {
        take(node, HookSucceeded{it, exported(model, command)});
        take(node, HookFailed{it, "no"});
      } else {
        take(node, PromotionSucceeded{it});
        take(node, PromotionFailed{it, "no"});
      }
      if (bounds_.suspends && !command.suspended) { take(node, Suspended{it}); }
      if (bounds_.suspends && command.suspended) { take(node, Resumed{it}); }
    }
    if (bounds_.terminates && !model.is_final()) { take(node, Terminate{"stop"}); }
    const bool can_retry = model.release.status == "Failed" || model.release.status == "Terminated";
    if (can_retry && node.retries < bounds_.retries) { take(node, Retry{}); }
    if (const auto timer = model.next_timer(); timer && bounds_.time_passes) {
      take(node, Tick{}, *timer);
    }
    refuse(node, can_retry);
    if (node.id % 16 == 0) { finish(node); }
  }

  /// What the hooks of a place export: different values to the same key, from each environment.
  std::optional<std::string_view> exported(const Model& model, const Issued& command) {
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
      Model model = node.model;
      Watch watch(release);
      expect_equal("the answer", model.apply(event), apply(release, event));
      compare_lines(model.take_lines(), take_lines(release, &watch, counts_), counts_);
      watch.rest(release);
      ++counts_[kTransitions];
      reach(release, model, node.retries + (std::holds_alternative<Retry>(what) ? 1 : 0), node.id,
            name);
    } catch (const Broken& broken) {
      throw Broken(std::string(broken.what()) + path(node.id) + "\n    " + name);
    }
  }

  Release restored(const Node& node) {
    Release release = value_of(Release::restore(flow_, node.snapshot), "restore");
    compare_reissued(release, node.model, counts_);
    return release;
  }

  static std::string apply(Release& release, const Event& event) {
    const auto applied = release.apply(event);
    return std::string(applied ? "ok" : to_string(applied.error().code));
  }

  void reach(const Release& release, Model& model, int retries, std::uint32_t from,
             const std::string& event) {
    std::string snapshot = snapshot_of(release);
    const std::uint64_t digest = std::hash<std::string>()(model.digest());
    // Not part of the state, but of what may still be done to it.
    const auto key = std::hash<std::string>()(snapshot) * 31 + static_cast<std::size_t>(retries);
    const auto id = static_cast<std::uint32_t>(steps_.size());
    const auto [known, added] = seen_.emplace(key, id);
    if (!added) {
      expect(steps_[known->second].digest == digest,
             "promise 7: two paths with different futures have the same snapshot");
      return;
    }
    compare_state(release, model);
    ++counts_[kStates];
    steps_.push_back({from, event, digest});
    todo_.push_back({std::move(snapshot), model, retries, id});
  }

  /// Promise 8: what must be refused here is refused, and the state is the same to the byte.
  void refuse(const Node& node, bool can_retry) {
    const Model& model = node.model;
    if (model.next_timer() && *model.next_timer() <= model.now) { return; }  // It would fire.
    std::vector<Event::What> wrong{HookSucceeded{Ticket{0}}, PromotionFailed{Ticket{99}, "no"}};
    for (std::uint64_t ticket = model.tickets; ticket > 0; --ticket) {
      if (model.outstanding.contains(ticket)) { continue; }
      wrong.insert(wrong.end(), {HookSucceeded{Ticket{ticket}, "{\"K\":9}"},
                                 PromotionSucceeded{Ticket{ticket}}, Suspended{Ticket{ticket}}});
      break;
    }
    for (const auto& [ticket, command] : model.outstanding) {
      const Ticket it{ticket};
      if (model.hook_of(command.place) != nullptr) {
        wrong.insert(wrong.end(), {PromotionSucceeded{it}, PromotionFailed{it, "no"}});
      } else {
        wrong.insert(wrong.end(), {HookSucceeded{it}, HookFailed{it, "no"}});
      }
      wrong.push_back(command.suspended ? Event::What(Suspended{it}) : Resumed{it});
    }
    if (!can_retry) { wrong.emplace_back(Retry{}); }
    if (model.is_final()) { wrong.emplace_back(Terminate{"stop"}); }
    Release release = restored(node);
    Model same = model;
    for (const Event::What& what : wrong) {
      const Event event{Instant{std::chrono::milliseconds{model.now}}, what};
      const std::string answer = apply(release, event);
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
        expect_equal("promise 5: an answer was refused", "ok", apply(release, event));
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
  Operator bounds_;
  Counts& counts_;
  std::deque<Node> todo_;
  std::unordered_map<std::size_t, std::uint32_t> seen_;
  std::vector<Step> steps_;
};

}  // namespace

bool explore(const Flow& flow, const Operator& bounds, Counts& counts) {
  const bool whole = Explorer(flow, bounds, counts).run();
  counts[kFlows] += whole ? 1 : 0;
  return whole;
}

}  // namespace promoflow::prove
