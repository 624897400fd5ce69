// SPDX-License-Identifier: Apache-2.0
// The release queue (P10) against a model that is written from the rule alone: it knows only the
// list of events so far.
#include "queue.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "promises.hpp"
#include "promoflow/release_queue.hpp"
#include "queue_texts.hpp"

namespace promoflow::prove {

namespace {

using test::answers;
using Texts = std::vector<std::string>;

// --- The model -----------------------------------------------------------------------------------

/// The rule, read from a history of accepted events: who was requested when, who is in an
/// environment, who waits for it and since when.
class Model {
 public:
  Model(QueueMode mode, std::size_t waiting_max) : mode_(mode), waiting_max_(waiting_max) {}

  Texts apply(const QueueEvent& event) {
    said_.clear();
    const bool taken = std::visit([&](const auto& what) { return take(what); }, event);
    return taken ? said_ : Texts{"refused"};
  }

  /// Promises that hold in every state.
  void check() const {
    std::map<std::string, int> inside;
    for (const auto& [stay, is_in] : stays_) {
      if (is_in) { ++inside[stay.second]; }
    }
    for (const auto& [environment, count] : inside) {
      expect(count == 1, "two releases are in one environment");
    }
    if (mode_ == QueueMode::Queue) { expect(active_.size() <= 1, "two releases are active"); }
    expect(mode_ == QueueMode::Terminate || waiting().size() <= waiting_max_, "too many wait");
    for (const auto& [release, count] : answers_) {
      expect(count <= 1, "a release was started or dropped twice");
    }
    // Whoever waits, waits for somebody: if releases end, nobody waits for ever.
    expect(waiting().empty() || !active_.empty(), "a release waits for nobody");
    for (const auto& [stay, is_in] : stays_) {
      expect(is_in || inside[stay.second] == 1,
             "an environment is free and a release waits for it");
    }
  }

 private:
  using Stay = std::pair<std::string, std::string>;

  std::vector<std::string> waiting() const {
    std::vector<std::string> all;
    for (const std::string& release : known_) {
      if (active_.count(release) == 0) { all.push_back(release); }
    }
    return all;
  }
  bool is_known(const std::string& release) const {
    return std::find(known_.begin(), known_.end(), release) != known_.end();
  }
  bool is_younger(const std::string& one, const std::string& other) const {
    return std::find(known_.begin(), known_.end(), one) >
           std::find(known_.begin(), known_.end(), other);
  }
  void start(const std::string& release) {
    active_.insert(release);
    ++answers_[release];
    said_.push_back("start " + release);
  }
  void forget(const std::string& release) {
    known_.erase(std::find(known_.begin(), known_.end(), release));
    active_.erase(release);
    told_to_end_.erase(release);
    answers_.erase(release);
  }
  void drop(const std::string& release, const std::string& why) {
    ++answers_[release];
    said_.push_back("drop " + release + ": " + why);
    forget(release);
  }
  void terminate(const std::string& release, const std::string& why) {
    told_to_end_.insert(release);
    said_.push_back("terminate " + release + ": " + why);
  }

  /// Whoever is in the environment is told to end if someone younger waits for it; whoever waits
  /// longest enters if nobody is in it.
  void settle(const std::string& environment) {
    for (;;) {
      const auto in = std::find_if(stays_.begin(), stays_.end(), [&](const auto& stay) {
        return stay.first.second == environment && stay.second;
      });
      if (in != stays_.end()) {
        std::string youngest = in->first.first;
        for (const auto& [stay, is_in] : stays_) {
          if (stay.second == environment && is_younger(stay.first, youngest)) {
            youngest = stay.first;
          }
        }
        if (youngest != in->first.first && told_to_end_.count(in->first.first) == 0) {
          std::string why = "superseded by release ";
          why.append(youngest).append(" in environment ").append(environment);
          terminate(in->first.first, why);
        }
        return;
      }
      const auto first = std::find_if(stays_.begin(), stays_.end(), [&](const auto& stay) {
        return stay.first.second == environment;
      });
      if (first == stays_.end()) { return; }
      first->second = true;
      said_.push_back("begin " + first->first.first + " " + environment);
    }
  }

  bool take(const ReleaseRequested& event) {
    if (is_known(event.release)) { return false; }
    known_.push_back(event.release);
    if (mode_ == QueueMode::Terminate || active_.empty()) {
      start(event.release);
    } else if (waiting().size() > waiting_max_) {
      drop(waiting().front(),
           "superseded: more than " + std::to_string(waiting_max_) + " releases were waiting");
    }
    return true;
  }
  auto find(const std::string& release, const std::string& environment) {
    return std::find_if(stays_.begin(), stays_.end(), [&](const auto& stay) {
      return stay.first == Stay{release, environment};
    });
  }
  bool take(const EnvironmentBegan& event) {
    if (active_.count(event.release) == 0) { return false; }
    if (find(event.release, event.environment) != stays_.end()) { return false; }
    stays_.push_back({{event.release, event.environment}, false});
    settle(event.environment);
    return true;
  }
  bool take(const EnvironmentLeft& event) {
    const auto stay = find(event.release, event.environment);
    if (stay == stays_.end()) { return false; }
    stays_.erase(stay);
    settle(event.environment);
    return true;
  }
  bool take(const ReleaseEnded& event) {
    if (active_.count(event.release) == 0) { return false; }
    Texts left;
    for (const auto& [stay, is_in] : stays_) {
      if (stay.first == event.release) { left.push_back(stay.second); }
    }
    std::erase_if(stays_, [&](const auto& stay) { return stay.first.first == event.release; });
    forget(event.release);
    for (const std::string& environment : left) { settle(environment); }
    if (active_.empty() && !known_.empty()) { start(known_.front()); }
    return true;
  }
  bool take(const ReleaseCancelled& event) {
    if (!is_known(event.release) || told_to_end_.count(event.release) > 0) { return false; }
    if (active_.count(event.release) > 0) {
      terminate(event.release, "cancelled");
    } else {
      drop(event.release, "cancelled");
    }
    return true;
  }

  QueueMode mode_;
  std::size_t waiting_max_;
  std::vector<std::string> known_;
  std::set<std::string> active_;
  std::set<std::string> told_to_end_;
  std::vector<std::pair<Stay, bool>> stays_;
  std::map<std::string, int> answers_;
  Texts said_;
};

// --- Every state ---------------------------------------------------------------------------------

/// All events that releases and environments of a few names can bring about.
std::vector<QueueEvent> alphabet(const std::vector<std::string>& releases,
                                 const std::vector<std::string>& environments) {
  std::vector<QueueEvent> events;
  for (const std::string& release : releases) {
    events.emplace_back(ReleaseRequested{release, "flow"});
    events.emplace_back(ReleaseEnded{release});
    events.emplace_back(ReleaseCancelled{release});
    for (const std::string& environment : environments) {
      events.emplace_back(EnvironmentBegan{release, environment});
      events.emplace_back(EnvironmentLeft{release, environment});
    }
  }
  return events;
}

std::string snapshot_of(const ReleaseQueue& queue) {
  return value_of(queue.snapshot(), "snapshot");
}
ReleaseQueue restored(const std::string& snapshot) {
  return value_of(ReleaseQueue::restore(snapshot), "restore");
}

/// Nobody waits for ever: once all active releases end, again and again, nobody is left, and
/// whoever waited has started.
void drain(const std::string& snapshot) {
  ReleaseQueue queue = restored(snapshot);
  std::set<std::string> waiting;
  for (const std::string_view release : queue.releases()) {
    if (queue.status(release) == QueueStatus::Queued) { waiting.emplace(release); }
  }
  while (!queue.releases().empty()) {
    std::string active;
    for (const std::string_view release : queue.releases()) {
      if (queue.status(release) == QueueStatus::Active) { active = release; }
    }
    expect(!active.empty(), "releases wait, and none is active");
    for (const std::string& text : answers(queue, ReleaseEnded{active})) {
      if (text.rfind("start ", 0) == 0) { waiting.erase(text.substr(6)); }
    }
  }
  expect(waiting.empty(), "a release that waited never started");
}

struct Node {
  std::string snapshot;
  Model model;
  std::size_t number = 0;  ///< Of the state, in the order in which they were found.
};

/// Every state that can be reached, each event in each.
class Explorer {
 public:
  Explorer(ReleaseQueueOptions options, const std::vector<QueueEvent>& events, QueueCounts& counts)
      : options_(options), events_(events), counts_(counts) {}

  void run() {
    put({snapshot_of(ReleaseQueue(options_)), Model(options_.mode, options_.waiting_max)}, 0, 0);
    while (!open_.empty()) {
      const Node node = std::move(open_.back());
      open_.pop_back();
      ++counts_.states;
      replay(node);
      drain(node.snapshot);
      for (std::size_t event = 0; event < events_.size(); ++event) { step(node, event); }
    }
  }

 private:
  void put(Node node, std::size_t from, std::size_t event) {
    if (!known_.insert(node.snapshot).second) { return; }
    node.number = ways_.size();
    ways_.emplace_back(from, event);
    open_.push_back(std::move(node));
  }

  /// A crash that leaves the journal alone: all events again, from the start.
  void replay(const Node& node) {
    std::vector<std::size_t> history;
    for (std::size_t at = node.number; at != 0; at = ways_[at].first) {
      history.push_back(ways_[at].second);
    }
    ReleaseQueue queue(options_);
    std::reverse(history.begin(), history.end());
    for (const std::size_t event : history) { (void)answers(queue, events_[event]); }
    expect(snapshot_of(queue) == node.snapshot, "a replay gives another queue");
  }

  /// A crash before the event, which leaves the snapshot: the queue is made anew from it. The event
  /// is then delivered a second time.
  void step(const Node& node, std::size_t number) {
    const QueueEvent& event = events_[number];
    ReleaseQueue queue = restored(node.snapshot);
    expect(snapshot_of(queue) == node.snapshot, "a restored queue has another snapshot");
    Node next{{}, node.model};
    const Texts expected = next.model.apply(event);
    expect(answers(queue, event) == expected, "the queue and its model differ");
    next.model.check();
    ++counts_.transitions;
    next.snapshot = snapshot_of(queue);
    if (expected == Texts{"refused"}) {
      expect(next.snapshot == node.snapshot, "a refused event has changed the queue");
      ++counts_.refused;
      return;
    }
    Model twice = next.model;
    expect(answers(queue, event) == twice.apply(event),
           "a second delivery: queue and model differ");
    ++counts_.twice;
    put(std::move(next), node.number, number);
  }

  ReleaseQueueOptions options_;
  const std::vector<QueueEvent>& events_;
  QueueCounts& counts_;
  std::vector<std::pair<std::size_t, std::size_t>> ways_;  ///< The state before, and the event.
  std::unordered_set<std::string> known_;
  std::vector<Node> open_;
};

}  // namespace

QueueCounts queue(bool all) {
  QueueCounts counts;
  const auto run = [&](QueueMode mode, std::uint32_t waiting_max,
                       const std::vector<std::string>& releases,
                       const std::vector<std::string>& environments) {
    const std::vector<QueueEvent> events = alphabet(releases, environments);
    Explorer({mode, waiting_max}, events, counts).run();
    ++counts.queues;
  };
  for (std::uint32_t waiting_max = 0; waiting_max < 3; ++waiting_max) {
    run(QueueMode::Queue, waiting_max, {"a", "b", "c"}, {"e"});
  }
  run(QueueMode::Queue, 2, {"a", "b", "c", "d"}, {});
  run(QueueMode::Terminate, 50, {"a", "b", "c"}, {"e"});
  run(QueueMode::Terminate, 50, {"a", "b"}, {"e", "f"});
  if (!all) { return counts; }
  run(QueueMode::Terminate, 50, {"a", "b", "c", "d"}, {"e"});
  run(QueueMode::Queue, 2, {"a", "b", "c", "d"}, {"e"});
  return counts;
}

}  // namespace promoflow::prove
