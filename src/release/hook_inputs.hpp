// SPDX-License-Identifier: Apache-2.0
/// @file
/// HookInputsTable: what the arguments of issued hooks are made of, shared by the hooks that were
/// issued with the same context.
///
/// Each element counts its users: the commands that have it, and the table itself for the current
/// one. A release is used by one thread at a time, so the counts need not be atomic. An element
/// without users is free.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arguments/arguments_data.hpp"
#include "context/context_data.hpp"
#include "release/state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

using Failure = std::shared_ptr<const FailureArguments>;

struct HookInputs {
  std::shared_ptr<const ContextData> context;
  Failure failure;  ///< At onFail points only.
  std::uint32_t users = 0;
  InputsIndex next_free = kNone32;
};

class HookInputsTable {
 public:
  /// Makes sure that `extra` further elements can be added. May throw std::bad_alloc.
  void make_room(std::size_t extra) { detail::make_room(list_, extra); }

  const HookInputs& operator[](InputsIndex i) const noexcept { return list_[i]; }

  /// Adds an element with one user. Needs room.
  InputsIndex add(std::shared_ptr<const ContextData> context, Failure failure) noexcept {
    InputsIndex i = free_;
    if (i == kNone32) {
      i = static_cast<InputsIndex>(list_.size());
      list_.emplace_back();
    } else {
      free_ = list_[i].next_free;
    }
    list_[i] = {std::move(context), std::move(failure), 1, kNone32};
    return i;
  }
  void remove_user(InputsIndex i) noexcept {
    if (--list_[i].users == 0) {
      list_[i] = {nullptr, nullptr, 0, free_};
      free_ = i;
    }
  }

  /// Drops all elements but one for the current context, which has no users.
  void restart(std::shared_ptr<const ContextData> context) {
    list_.clear();
    current_ = free_ = kNone32;
    make_room(1);
    set_current(std::move(context));
  }

  /// Adds a user to the element with the current context, with which hooks are issued now (C3).
  InputsIndex use_current() noexcept { return use(current_); }
  /// Adds a user.
  InputsIndex use(InputsIndex i) noexcept {
    ++list_[i].users;
    return i;
  }
  InputsIndex current() const noexcept { return current_; }
  /// The context has changed. Needs room for one.
  void set_current(std::shared_ptr<const ContextData> context) noexcept {
    if (current_ != kNone32) { remove_user(current_); }
    current_ = add(std::move(context), nullptr);
  }

 private:
  std::vector<HookInputs> list_;
  InputsIndex current_ = kNone32;
  InputsIndex free_ = kNone32;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
