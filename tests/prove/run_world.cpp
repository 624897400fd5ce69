// SPDX-License-Identifier: Apache-2.0
// One world from its start to its end: the machine and the model side by side, with crashes.
#include <algorithm>

#include "failing_memory.hpp"
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
        live_(value_of(Release::start(flow_, kInfo, Instant{}, kGiven), "start")),
        model_(flow_, kInfo, 0, kGiven),
        watch_(value_of(Release::start(flow_, kInfo, Instant{}, kGiven), "start")) {}

  void run() {
    compare_lines(model_.take_lines(), prove::take_lines(live_, nullptr, counts_), counts_);
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
  static constexpr std::string_view kGiven = "{\"GIVEN\":\"\\\"quoted\\\"\",\"A\":0}";

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
    expect_equal("the answer to " + line, wanted, apply(live_, event));
    const auto lines = prove::take_lines(live_, &watch_, counts_);
    compare_lines(model_.take_lines(), lines, counts_);
    if (short_of_memory) { expect_equal("promise 10: the end", pressed, snapshot_of(live_)); }
    watch_.rest(live_);
    if (wanted != "ok" && !fires) {
      if (!world_.large) { expect_equal("promise 8: " + line, before, snapshot_of(live_)); }
      expect(lines.empty(), "promise 8: a refused event left records");
      ++counts_[kRefusals];
    }
    if (twin_) {  // Promise 6: the same event, the same bytes.
      expect_equal("promise 6: the twin's answer", wanted, apply(*twin_, event));
      expect(prove::take_lines(*twin_, nullptr, counts_) == lines, "promise 6: the twin's records");
      if (!world_.large) {
        expect_equal("promise 6: the twin's bytes", snapshot_of(live_), snapshot_of(*twin_));
      }
      ++counts_[kSameBytes];
    }
    ++counts_[kTransitions];
  }

  /// Promise 10: memory runs out at the first allocation, at the second and so on, for as long as
  /// the release says so, and leaves no mark. `before`: its bytes; empty if timers fire, each of
  /// which is a change of its own. Happens to a copy; its bytes once the event is taken.
  std::string press(const Event& event, const std::string& before) {
    Release copy = value_of(Release::restore(flow_, snapshot_of(live_)), "restore");
    for (std::size_t allowed = 0;; ++allowed) {
      const auto applied = [&] {
        const ShortOfMemory little(allowed, Fails::ForGood);
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

  static std::string apply(Release& release, const Event& event) {
    const auto applied = release.apply(event);
    return std::string(applied ? "ok" : to_string(applied.error().code));
  }

  /// Promise 7: by its snapshot, or by its journal, the release is back as it was. From then on
  /// the one that was lost goes on as the twin of the one that came back.
  void crash(bool by_snapshot) {
    const std::string bytes = snapshot_of(live_);
    Release back = by_snapshot ? value_of(Release::restore(flow_, bytes), "restore") : replayed();
    if (!by_snapshot) { expect(back.reissue().has_value(), "promise 7: reissue"); }
    compare_reissued(back, model_, counts_);
    expect_equal("promise 7: the bytes after a crash", bytes, snapshot_of(back));
    expect_equal("promise 7: what is told after a crash", value_of(live_.describe(), "describe"),
                 value_of(back.describe(), "describe"));
    twin_.emplace(std::move(live_));
    live_ = std::move(back);
  }

  Release replayed() {
    Release back = value_of(Release::start(flow_, kInfo, Instant{}, kGiven), "start");
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

  /// An answer to a ticket that its command takes.
  Event::What answer(std::uint64_t ticket, bool well, const Move& move, bool hook) const {
    const Ticket it{ticket};
    std::optional<std::string_view> exported;
    if (move.exports) { exported = kExports[(move.choice + ticket) % std::size(kExports)]; }
    if (hook) {
      return well ? Event::What(HookSucceeded{it, exported}) : HookFailed{it, "failed", exported};
    }
    return well ? Event::What(PromotionSucceeded{it}) : PromotionFailed{it, "degraded"};
  }

  Event event_of(const Move& move) const {
    using K = Move::Kind;
    Event event{time_of(move), Tick{}};
    const auto& open = model_.outstanding;
    const bool none = open.empty();
    auto one = open.begin();
    if (!none) { std::advance(one, static_cast<std::ptrdiff_t>(move.choice % open.size())); }
    const bool hook = !none && model_.hook_of(one->second.place) != nullptr;
    const std::uint64_t any = model_.tickets == 0 ? 1 : 1 + move.choice % model_.tickets;
    switch (move.kind) {
      case K::Tick: break;
      case K::Terminate: event.what = Terminate{"stopped"}; break;
      case K::Retry: event.what = Retry{}; break;
      case K::Unknown: event.what = HookSucceeded{Ticket{model_.tickets + 1 + move.choice}}; break;
      case K::Late: event.what = answer(any, move.exports, move, move.choice % 2 == 0); break;
      case K::Succeed:
      case K::Fail:
        if (none) { event.what = Retry{}; }
        if (!none) { event.what = answer(one->first, move.kind == K::Succeed, move, hook); }
        break;
      case K::Wrong:
        if (!none) { event.what = answer(one->first, move.exports, move, !hook); }
        break;
      case K::Suspend:
        if (!none) { event.what = Suspended{Ticket{one->first}}; }
        break;
      case K::Resume:
        for (const auto& [ticket, command] : open) {
          if (command.suspended) { event.what = Resumed{Ticket{ticket}}; }
        }
        if (none) { event.what = Resumed{Ticket{any}}; }
        break;
    }
    return event;
  }

  /// Promise 5, once by answers and once by time alone.
  void finish() {
    const std::string bytes = snapshot_of(live_);
    Release by_time = value_of(Release::restore(flow_, bytes), "restore");
    for (std::size_t step = 0; !is_final(by_time.status()); ++step) {
      expect(step < 20 * (world_.steps.size() + 10), "promise 5: time does not end the release");
      const auto timer = by_time.next_timer();
      expect(timer.has_value(), "promise 5: no timer will end the release");
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
};

/// A step is dropped: what depended on it depends on what it depended on.
void drop_step(World& world, std::size_t index) {
  const WorldStep gone = world.steps[index];
  world.steps.erase(world.steps.begin() + static_cast<std::ptrdiff_t>(index));
  for (WorldStep& step : world.steps) {
    if (std::erase(step.depends_on, gone.name) == 0) { continue; }
    for (const std::string& on : gone.depends_on) {
      const auto& has = step.depends_on;
      if (std::find(has.begin(), has.end(), on) == has.end()) { step.depends_on.push_back(on); }
    }
  }
}

/// The i-th thing that could be dropped is; false: there is none.
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
  return false;
}

}  // namespace

void run(const World& world, Counts& counts) { Runner(world, counts).run(); }

Shrunk shrink(World world, std::string why, const std::function<bool()>& out_of_time) {
  // Another thing that breaks on the way is not what is looked for.
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
