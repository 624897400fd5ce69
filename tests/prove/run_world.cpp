// SPDX-License-Identifier: Apache-2.0
// One world from its start to its end: the machine and the model side by side, with crashes.
#include <algorithm>

#include "allocations.hpp"
#include "world.hpp"

namespace promoflow::prove {

namespace {

constexpr std::string_view kExports[] = {"{\"A\":1}",
                                         "{\"A\":{\"x\":null,\"y\":\"a \\\"b\\\"\"},\"B\":\"b\"}",
                                         "[1]",
                                         "{\"A\":null,\"RELEASE_ID\":\"spoofed\"}",
                                         kNotUtf8,
                                         kBadJson,
                                         "{}",
                                         "{\"C\":[],\"A\":\"1\"}",
                                         "{\"A\":{\"x\":{\"z\":2}}}"};

class Runner {
 public:
  Runner(const World& world, Counts& counts)
      : world_(world),
        counts_(counts),
        flow_(prove::build(world)),
        live_(started()),
        model_(flow_, kInfo, 0, kGiven, world.selection),
        watch_(flow_, Instant{}) {}

  void run() {
    compare_lines(model_.take_lines(), prove::take_lines(live_, &watch_, counts_), counts_);
    watch_.check_rest(live_, counts_);
    compare_state(live_, model_);
    for (std::size_t i = 0; i < world_.moves.size(); ++i) {
      const Move& move = world_.moves[i];
      if (move.crash) { crash(i % 2 == 0); }
      step(event_of(move), !world_.large && (move.crash || i % 4 == 0));
      if (!world_.large || i % 50 == 0) { compare_state(live_, model_); }
    }
    crash(true);
    crash(false);
    finish();
    compare_state(live_, model_);
    ++counts_[kSeeds];
  }

 private:
  static inline const ReleaseInfo kInfo{
      .id = "r-42", .url = "https://x/r-42?a=\"b\"", .product = "billing"};
  static constexpr std::string_view kGiven =
      "{\"GIVEN\":\"\\\"quoted\\\"\",\"A\":0,\"VERSION\":\"spoofed\"}";

  Release started() const {
    return value_of(Release::start(flow_, kInfo, Instant{}, kGiven, world_.selection), "start");
  }

  /// One event to the machine, to its twin (if it crashed a while ago) and to the model.
  void step(const Event& event, bool short_of_memory = false) {
    const std::string line = value_of(to_json(event), "an event's line");
    journal_.push_back(line);
    std::string before;
    const auto timer = model_.next_timer();
    const bool fires = timer && *timer <= std::max(model_.now, event.at.time_since_epoch().count());
    if (!world_.large && !fires) { before = snapshot_of(live_); }
    const std::string wanted = model_.apply(event);
    const std::string pressed = short_of_memory ? press(event, before) : std::string();
    expect_equal("the answer to " + line, wanted, answer_of(live_.apply(event)));
    const auto lines = prove::take_lines(live_, &watch_, counts_);
    compare_lines(model_.take_lines(), lines, counts_);
    if (short_of_memory) { expect_equal("promise 10: the end", pressed, snapshot_of(live_)); }
    watch_.check_rest(live_, counts_);
    if (wanted != "ok" && !fires) {
      if (!world_.large) { expect_equal("promise 8: " + line, before, snapshot_of(live_)); }
      expect(lines.empty(), "promise 8: a refused event left records");
      ++counts_[kRefusals];
    }
    if (twin_) {  // Promise 6: the same event, the same bytes.
      expect_equal("promise 6: the twin's answer", wanted, answer_of(twin_->apply(event)));
      expect(prove::take_lines(*twin_, nullptr, counts_) == lines, "promise 6: the twin's records");
      if (!world_.large) {
        expect_equal("promise 6: the twin's bytes", snapshot_of(live_), snapshot_of(*twin_));
      }
      ++counts_[kSameBytes];
    }
    if (!world_.large && journal_.size() % 2 == 0) {
      Release copy = value_of(Release::restore(flow_, snapshot_of(live_)), "restore");
      while (copy.next_record()) {}
      deliver_again(copy, event, counts_);
    }
    ++counts_[kTransitions];
  }

  /// Promise 10: memory runs out at the first allocation, at the second and so on, until the event
  /// is taken or refused, and a failure changes nothing. `before`: the bytes of the release; empty
  /// if timers fire, each of which is a change of its own. Done to a copy; returns its bytes at the
  /// end.
  std::string press(const Event& event, const std::string& before) {
    Release copy = value_of(Release::restore(flow_, snapshot_of(live_)), "restore");
    for (std::size_t allowed = 0;; ++allowed) {
      const auto applied = [&] {
        const test::FailingAllocations little(allowed);
        return copy.apply(event);
      }();
      if (applied || applied.error().code != ErrorCode::OutOfMemory) { break; }
      if (!before.empty()) { expect_equal("promise 10: its bytes", before, snapshot_of(copy)); }
      expect(allowed < 100'000, "promise 10: no end of allocations");
      ++counts_[kAllocations];
    }
    while (copy.next_record()) {}
    return snapshot_of(copy);
  }

  /// Promise 7: restored by its snapshot, or replayed by its journal, the release is as it was.
  /// From then on the one that was lost goes on as the twin of the one that came back.
  void crash(bool by_snapshot) {
    const std::string bytes = snapshot_of(live_);
    Release back = by_snapshot ? value_of(Release::restore(flow_, bytes), "restore") : replayed();
    if (!by_snapshot) { expect(back.reissue().has_value(), "promise 7: reissue"); }
    compare_reissued(back, model_, counts_);
    expect_equal("promise 7: the bytes after a crash", bytes, snapshot_of(back));
    expect_equal("promise 7: the description after a crash", value_of(live_.describe(), "describe"),
                 value_of(back.describe(), "describe"));
    twin_.emplace(std::move(live_));
    live_ = std::move(back);
  }

  /// By the journal alone, of which the first line is the start.
  Release replayed() {
    const Event start{Instant{},
                      ReleaseStarted{&kInfo, kGiven, &world_.selection, flow_.fingerprint()}};
    const auto first =
        value_of(StoredEvent::read(value_of(to_json(start), "the start's line")), "the start");
    Release back = value_of(Release::start(flow_, first.event()), "a start by its line");
    prove::take_lines(back, nullptr, counts_);
    for (const std::string& line : journal_) {
      const auto stored = value_of(StoredEvent::read(line), "a journal's line");
      static_cast<void>(back.apply(stored.event()));
      while (back.next_record()) {}
    }
    return back;
  }

  Instant time_of(const Move& move) const {
    Ms at = model_.now + move.delay;
    if (move.delay == -1) { at = model_.next_timer().value_or(model_.now); }
    if (move.delay == -2) { at = model_.next_timer().value_or(model_.now) - 1; }
    return Instant{std::chrono::milliseconds{at}};
  }

  /// The answer of a hook or a promotion to a ticket.
  Event::What answer(std::uint64_t ticket, bool well, const Move& move, bool hook) const {
    const Ticket it{ticket};
    const std::string_view message = message_of(move);
    std::optional<std::string_view> exported;
    if (move.exports) { exported = kExports[(move.choice + ticket) % std::size(kExports)]; }
    if (hook) {
      return well ? Event::What(HookSucceeded{it, exported}) : HookFailed{it, message, exported};
    }
    return well ? Event::What(PromotionSucceeded{it}) : PromotionFailed{it, message};
  }

  /// Some are empty, some longer than R5 keeps, some end within a character where they are cut.
  static std::string_view message_of(const Move& move) {
    static const std::string kLong = "\"quoted\" " + std::string(4090, 'x') + "\u00E9\u00E9\u00E9";
    static const std::string kMiddle(3000, 'y');
    switch (move.choice % 16) {
      case 0: return "";
      case 1: return kLong;
      case 2: return std::string_view(kLong).substr(0, 4096);
      case 3:
      case 4: return kMiddle;
      default: return move.choice % 2 == 0 ? "degraded" : "failed";
    }
  }

  static std::string_view by_of(const Move& move) { return move.exports ? "ann" : ""; }

  std::string_view environment_of(std::uint64_t choice) const {
    const auto one = static_cast<std::uint32_t>(choice % flow_.environment_count());
    return flow_.environment_name(EnvironmentId{one});
  }

  /// An environment that has stopped, if there is one and `choice` does not want another.
  std::string_view stopped_of(std::uint64_t choice) const {
    std::vector<std::uint64_t> stopped;
    for (std::size_t i = 0; i < model_.environments.size(); ++i) {
      if (model_.has_stopped(static_cast<Scope>(i))) { stopped.push_back(i); }
    }
    const bool any = stopped.empty() || choice % 5 == 0;
    return environment_of(any ? choice : stopped[choice % stopped.size()]);
  }

  Event event_of(const Move& move) {
    using K = Move::Kind;
    Event event{time_of(move), Tick{}};
    const std::uint64_t any = model_.tickets == 0 ? 1 : 1 + move.choice % model_.tickets;
    switch (move.kind) {
      case K::Terminate: event.what = Terminate{message_of(move), false, by_of(move)}; break;
      case K::Force: event.what = Terminate{message_of(move), true, by_of(move)}; break;
      case K::Retry: event.what = Retry{{}, by_of(move)}; break;
      case K::RetrySome:
        names_ = {stopped_of(move.choice), stopped_of(move.choice / 3)};
        names_.resize(move.choice % 11 == 0 ? 0 : 1 + move.choice % 2);
        event.what = Retry{names_, by_of(move)};
        break;
      case K::Skip: {
        const std::string_view reason = move.choice % 3 == 0 ? "" : message_of(move);
        event.what = Skip{stopped_of(move.choice), reason, by_of(move)};
        break;
      }
      case K::Unknown:
        event.what = HookSucceeded{Ticket{model_.tickets + 1 + move.choice}};
        if (move.choice % 3 == 0) { event.what = Skip{"nowhere", "why not"}; }
        break;
      case K::Late: event.what = answer(any, move.exports, move, move.choice % 2 == 0); break;
      case K::SoakFails:
        for (std::uint64_t ticket = model_.tickets; ticket > 0; --ticket) {
          const bool soaks = model_.soaking(ticket).has_value();
          if (soaks) { event.what = PromotionFailed{Ticket{ticket}, message_of(move)}; }
        }
        break;
      case K::Tick: break;
      case K::Succeed:
      case K::Fail:
      case K::Wrong:
      case K::Queue:
      case K::Start:
      case K::Suspend:
      case K::Resume: event.what = report_of(move, any); break;
    }
    return event;
  }

  /// What a host reports of an outstanding command; of a settled one, if there is none.
  Event::What report_of(const Move& move, std::uint64_t settled) const {
    using K = Move::Kind;
    const auto& open = model_.outstanding;
    if (open.empty()) {
      if (move.kind == K::Resume) { return Resumed{Ticket{settled}, by_of(move)}; }
      return move.kind == K::Succeed || move.kind == K::Fail ? Event::What(Retry{}) : Tick{};
    }
    auto one = open.begin();
    std::advance(one, static_cast<std::ptrdiff_t>(move.choice % open.size()));
    const bool hook = model_.hook_of(one->second.place) != nullptr;
    const Ticket ticket{one->first};
    if (move.kind == K::Succeed || move.kind == K::Fail) {
      return answer(one->first, move.kind == K::Succeed, move, hook);
    }
    if (move.kind == K::Wrong) { return answer(one->first, move.exports, move, !hook); }
    if (move.kind == K::Suspend) { return Suspended{ticket}; }
    if (move.kind == K::Queue) { return Queued{ticket}; }
    for (const auto& [other, command] : open) {
      if (move.kind == K::Start && command.queued) { return Started{Ticket{other}}; }
    }
    if (move.kind == K::Start) { return Started{ticket}; }
    for (const auto& [other, command] : open) {
      if (command.suspended) { return Resumed{Ticket{other}, by_of(move)}; }
    }
    return Tick{};
  }

  /// Promise 5, once by answers and once by time alone.
  void finish() {
    const std::string bytes = snapshot_of(live_);
    Release by_time = value_of(Release::restore(flow_, bytes), "restore");
    const Instant latest =
        std::max(watch_.ends_by(), Instant{std::chrono::milliseconds{model_.now}});
    for (std::size_t step = 0; !is_final(by_time.status()); ++step) {
      expect(step < 20 * (world_.steps.size() + 10), "promise 5: time does not end the release");
      const auto timer = by_time.next_timer();
      expect(timer.has_value(), "promise 5: no timer will end the release");
      expect(*timer <= latest, "promise 13: the release goes on past its last deadline");
      expect(by_time.apply({*timer, Tick{}}).has_value(), "promise 5: a Tick was refused");
      while (by_time.next_record()) {}
    }
    for (std::size_t steps = 0; !is_final(live_.status()); ++steps) {
      expect(steps < 40 * (world_.steps.size() + 10), "promise 5: answers do not end the release");
      Move move;
      move.kind = Move::Kind::Succeed;
      if (model_.outstanding.empty()) { move = {.kind = Move::Kind::Tick, .delay = -1}; }
      step(event_of(move));
    }
    counts_[kFinal] += 2;
  }

  const World& world_;
  Counts& counts_;
  Flow flow_;
  Release live_;
  std::optional<Release> twin_;
  Model model_;
  Watch watch_;
  std::vector<std::string> journal_;
  std::vector<std::string_view> names_;  ///< Of the Retry that is being applied.
};

/// Drops a step: what depended on it then depends on what it depended on.
void drop_step(World& world, std::size_t index) {
  const WorldStep gone = world.steps[index];
  world.steps.erase(world.steps.begin() + static_cast<std::ptrdiff_t>(index));
  auto& selection = world.selection;
  for (auto* names : {&selection.skip, &selection.until, &selection.only}) {
    if (*names && std::erase(**names, gone.name) != 0 && (*names)->empty()) { names->reset(); }
  }
  for (WorldStep& step : world.steps) {
    if (std::erase(step.depends_on, gone.name) == 0) { continue; }
    for (const std::string& on : gone.depends_on) {
      const auto& has = step.depends_on;
      if (std::find(has.begin(), has.end(), on) == has.end()) { step.depends_on.push_back(on); }
    }
  }
}

/// Drops the i-th hook, environment or selection that can be dropped; false: there is none.
bool drop(World& world, std::size_t i) {
  if (i < world.steps.size()) {
    if (world.steps.size() > 1) { drop_step(world, i); }
    return true;
  }
  i -= world.steps.size();
  std::vector<Hooks*> all{&world.options.hooks};
  for (WorldStep& step : world.steps) { all.push_back(&step.options.hooks); }
  for (Hooks* hooks : all) {
    for (auto* list : {&hooks->on_start, &hooks->on_success, &hooks->on_fail}) {
      if (i < list->size()) {
        list->erase(list->begin() + static_cast<std::ptrdiff_t>(i));
        return true;
      }
      i -= list->size();
    }
  }
  if (i == 0) { world.selection = {}; }
  return i == 0;
}

}  // namespace

void run(const World& world, Counts& counts) { Runner(world, counts).run(); }

Shrunk shrink(World world, std::string why, const std::function<bool()>& out_of_time) {
  // A smaller world that breaks in another way is not kept.
  const auto kind_of = [](const std::string& text) { return text.substr(0, text.find(10)); };
  const std::string kind = kind_of(why);
  const auto breaks = [&](const World& candidate) {
    Counts counts{};
    try {
      run(candidate, counts);
    } catch (const Broken& broken) {
      if (kind_of(broken.what()) != kind) { return false; }
      why = broken.what();
      return true;
    }
    return false;
  };
  for (std::size_t size = world.moves.size(); size > 0 && !out_of_time(); size /= 2) {
    for (std::size_t at = 0; at < world.moves.size() && !out_of_time();) {
      World candidate = world;
      const auto from = candidate.moves.begin() + static_cast<std::ptrdiff_t>(at);
      const auto count = std::min(size, candidate.moves.size() - at);
      candidate.moves.erase(from, from + static_cast<std::ptrdiff_t>(count));
      if (breaks(candidate)) {
        world = std::move(candidate);
      } else {
        at += size;
      }
    }
  }
  for (std::size_t i = 0; !out_of_time();) {
    World candidate = world;
    if (!drop(candidate, i)) { break; }
    if (candidate.steps.size() + 1 > world.steps.size() && i < world.steps.size()) {
      ++i;  // The last step stays.
    } else if (breaks(candidate)) {
      world = std::move(candidate);
    } else {
      ++i;
    }
  }
  return {std::move(world), std::move(why)};
}

}  // namespace promoflow::prove
