// SPDX-License-Identifier: Apache-2.0
/// @file
/// Who drives a release: this process, and whether another one is gone (D4).
#pragma once

#include <chrono>
#include <string>

#include "promoflow/store.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The time by the clock on the wall, to which other processes compare theirs.
Instant wall_time() noexcept;

/// This process as an owner, with an id drawn at random. May throw std::bad_alloc.
StoreOwner this_process(Instant now);

/// An owner is gone if its process was of this boot of this machine and of this PID namespace, and
/// runs no more; or if it has given no sign of life for as long as the lease. Of another namespace,
/// as of an older version that did not say which, a number that is not found proves nothing.
class LeaseCheck final : public OwnerCheck {
 public:
  LeaseCheck(const StoreOwner& self, Instant now, std::chrono::milliseconds lease)
      : self_(&self), now_(now), lease_(lease) {}
  bool is_gone(const StoreOwner& owner) const override;

 private:
  const StoreOwner* self_;
  Instant now_;
  std::chrono::milliseconds lease_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
