// SPDX-License-Identifier: Apache-2.0
// Timers compared with a plain list: whatever is armed and disarmed, the next timer is the same.
#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "release/timers.hpp"

using namespace promoflow::detail;

namespace {

/// Timers of so many lengths, and a plain list of the same ones.
class Bench {
 public:
  Bench(std::size_t lengths, std::size_t slots) : slots_(slots), lengths_(lengths) {
    for (std::size_t i = 0; i < lengths; ++i) { timers.expect(length(i)); }
    timers.expect(length(0));  // A second time: nothing new.
  }
  static Millis length(std::size_t i) { return 100 + 10 * static_cast<Millis>(i % 7) + Millis(i); }

  void arm_expiry(SlotIndex slot, std::size_t which, bool never = false) {
    const Millis length = Bench::length(which % lengths_);
    take(slot, SlotStatus::Outstanding);
    timers.arm_expiry(slots_, slot, length, never ? kNever : now + length);
    if (!never) { armed[slot] = {now + length, slots_[slot].ticket, slot}; }
  }
  void arm_attempt(SlotIndex slot, Millis wait) {
    take(slot, SlotStatus::AwaitingAttempt);
    timers.arm_attempt(slots_, slot, after(now, wait));
    if (slots_[slot].due != kNever) { armed[slot] = {now + wait, slots_[slot].ticket, slot}; }
  }
  /// A command that is armed anew: it has started, or its environment soaks. Others of its length
  /// may have been armed since, at the same time and with later tickets.
  void rearm_expiry(SlotIndex slot, std::size_t which) {
    const Millis length = Bench::length(which % lengths_);
    timers.disarm(slots_, slot);
    timers.arm_expiry(slots_, slot, length, now + length);
    armed[slot] = {now + length, slots_[slot].ticket, slot};
  }
  /// A timer that is armed anew and is due when it was before, if there is a length for that.
  void rearm_for_the_same_time(SlotIndex slot) {
    for (std::size_t i = 0; i < lengths_; ++i) {
      if (now + length(i) == armed[slot].due) { return rearm_expiry(slot, i); }
    }
  }
  void disarm(SlotIndex slot) {
    timers.disarm(slots_, slot);
    slots_[slot].status = SlotStatus::Free;
    armed.erase(slot);
  }
  /// What is due is over.
  void fire() {
    for (Timer next = timers.next(slots_); next.slot != kNone32 && next.due <= now && agrees();
         next = timers.next(slots_)) {
      disarm(next.slot);
    }
  }
  bool is_free(SlotIndex slot) const { return slots_[slot].status == SlotStatus::Free; }

  /// Whether the next one is that of the list.
  bool agrees() const {
    const Timer got = timers.next(slots_);
    if (armed.empty()) { return got.slot == kNone32; }
    const auto least = std::min_element(armed.begin(), armed.end(), [](auto& a, auto& b) {
      return std::pair(a.second.due, a.second.ticket) < std::pair(b.second.due, b.second.ticket);
    });
    const Timer& wanted = least->second;
    return got.due == wanted.due && got.ticket == wanted.ticket && got.slot == wanted.slot;
  }

  Timers timers;
  Millis now = 0;
  std::map<SlotIndex, Timer> armed;

 private:
  /// Tickets of waiting attempts are those of the commands that failed: any of the last ones.
  void take(SlotIndex slot, SlotStatus status) {
    slots_[slot] = CommandSlot{};
    slots_[slot].ticket = ++last_ticket_;
    slots_[slot].status = status;
  }

  std::vector<CommandSlot> slots_;
  std::size_t lengths_;
  std::uint64_t last_ticket_ = 0;
};

}  // namespace

TEST_CASE("whatever is armed and disarmed, the next timer is that of a plain list", "[R10]") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    std::mt19937_64 chance(seed);
    Bench bench(1 + seed % 14, 300);
    INFO("seed " << seed);
    bool agrees = true;
    for (int step = 0; agrees && step < 3000; ++step) {
      const auto slot = static_cast<SlotIndex>(chance() % 300);
      const bool grows = step % 1000 < 400;  // Then most are disarmed, and the heap is swept.
      if (!bench.is_free(slot)) {
        bench.timers.make_room(1, 1);
        if (!grows || chance() % 8 == 0) {
          bench.disarm(slot);
        } else if (chance() % 4 == 0) {
          bench.rearm_expiry(slot, chance());
        } else {
          bench.rearm_for_the_same_time(slot);
        }
      } else if (grows || chance() % 8 == 0) {
        bench.timers.make_room(1, 1);
        if (chance() % 3 == 0) {
          bench.arm_attempt(slot, chance() % 50 == 0 ? kNever : static_cast<Millis>(chance() % 90));
        } else {
          const std::size_t which = chance();
          bench.arm_expiry(slot, which, chance() % 50 == 0);
        }
      }
      if (chance() % 4 == 0) { bench.now += static_cast<Millis>(chance() % 5); }
      if (chance() % 8 == 0) { bench.fire(); }
      agrees = bench.agrees();
    }
    CHECK(agrees);
  }
}

TEST_CASE("where there is room for timers, arming them allocates nothing", "[R10][R13]") {
  for (const std::size_t lengths : {1U, 8U, 9U, 14U}) {
    Bench bench(lengths, 64);
    for (SlotIndex slot = 0; slot < 60; slot += 6) {
      bench.timers.make_room(4, 1);
      CHECK(bench.timers.has_room(lengths > 8 ? 4 : 1000));
      std::size_t during = 0;
      for (SlotIndex i = 0; i < 5; ++i) {
        bench.armed[slot + i];  // The list's own memory.
        const std::size_t before = promoflow::test::allocations();
        if (i < 4) {
          bench.arm_expiry(slot + i, lengths - 1);
        } else {
          bench.arm_attempt(slot + i, 5);
        }
        during += promoflow::test::allocations() - before;
      }
      bench.armed.erase(slot + 4);
      CHECK(during == 0);
    }
  }
}

TEST_CASE("timers that come and go need no more room than those that are there at once", "[R10]") {
  Bench bench(14, 8);
  bench.arm_attempt(7, 1);  // The first for ever: the others stay below the top of the heap.
  bench.timers.make_room(2000, 0);
  for (int round = 0; round < 20'000; ++round) {
    const auto slot = static_cast<SlotIndex>(round % 7);
    if (!bench.is_free(slot)) { bench.disarm(slot); }
    bench.arm_expiry(slot, 13);
  }
  CHECK(bench.timers.has_room(1900));
  CHECK_FALSE(bench.timers.has_room(4000));  // No more was made.
}
