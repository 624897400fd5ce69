// SPDX-License-Identifier: Apache-2.0
// Replies: where the answer to one call goes, to a run of this library or to the caller's own loop.
#pragma once

#include <optional>

#include "promoflow.h"
#include "promoflow/executor.hpp"

struct promoflow_reply {
  explicit promoflow_reply(const promoflow::Reply& to) noexcept : reply(to) {}
  explicit promoflow_reply(const promoflow_reply_target& to) noexcept : target(to) {}
  promoflow_reply(const promoflow_reply&) = delete;
  promoflow_reply& operator=(const promoflow_reply&) = delete;
  ~promoflow_reply() {
    if (target.destroy != nullptr) { target.destroy(target.user); }
  }

  std::optional<promoflow::Reply> reply{};  ///< Of a run; else answers go to `target`.
  promoflow_reply_target target{};
};
