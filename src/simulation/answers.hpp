// SPDX-License-Identifier: Apache-2.0
/// @file
/// Answers: what the commands of a simulated release will do, by time and then by ticket (S3).
///
/// Commands are issued in the order of their tickets and of time, so those that take equally long
/// are answered in that order: each of the first few lengths has a queue. All others share a heap.
///
///     queues   1h: | 3 | 4 | 9 |      90m: | 5 | 8 |      the earliest is the first of one queue,
///     heap     7 2 6                                       or on top of the heap
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <queue>

#include "release/state.hpp"
#include "simulation/outcomes.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What a command does next (S2), in the order in which it does it.
enum class Step : std::uint8_t { Suspend, Resume, End, FailInSoak };

/// An answer that will come.
struct Answer {
  Millis at = 0;
  std::uint64_t ticket = 0;
  Step step = Step::End;
  bool is_hook = false;
  const Outcome* outcome = nullptr;

  /// For a queue that has the earliest on top.
  bool operator<(const Answer& other) const noexcept {
    if (at != other.at) { return at > other.at; }
    return ticket != other.ticket ? ticket > other.ticket : step > other.step;
  }
};

class Answers {
 public:
  /// `length`: from now to the answer. May throw std::bad_alloc.
  void push(const Answer& answer, Millis length) {
    for (std::size_t i = 0; i < used_; ++i) {
      if (queues_[i].length == length) { return put(queues_[i], answer); }
    }
    if (used_ == queues_.size()) { return rest_.push(answer); }
    queues_[used_].length = length;
    put(queues_[used_++], answer);
  }
  /// The earliest, until something is pushed or dropped; null: there is none.
  const Answer* first() const noexcept {
    const Answer* best = rest_.empty() ? nullptr : &rest_.top();
    for (std::size_t i = 0; i < used_; ++i) {
      const auto& waiting = queues_[i].waiting;
      if (!waiting.empty() && (best == nullptr || *best < waiting.front())) {
        best = &waiting.front();
      }
    }
    return best;
  }
  /// Drops the earliest, which is `first`.
  void pop(const Answer* first) {
    for (std::size_t i = 0; i < used_; ++i) {
      auto& waiting = queues_[i].waiting;
      if (!waiting.empty() && first == &waiting.front()) { return waiting.pop_front(); }
    }
    rest_.pop();
  }

 private:
  struct Queue {
    Millis length = 0;
    std::deque<Answer> waiting;
  };
  /// A soak may end under an older ticket than those before it: then the heap keeps the order.
  void put(Queue& queue, const Answer& answer) {
    if (queue.waiting.empty() || answer < queue.waiting.back()) {
      queue.waiting.push_back(answer);
    } else {
      rest_.push(answer);
    }
  }

  std::array<Queue, 4> queues_{};
  std::size_t used_ = 0;
  std::priority_queue<Answer> rest_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
