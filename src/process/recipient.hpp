// SPDX-License-Identifier: Apache-2.0
/// @file
/// Recipient: where the answer to one call goes, be it of this interface or of the C ABI.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "promoflow/executor.hpp"

namespace promoflow::detail {

/// What takes an answer that is no Reply. Thread-safe.
class Taker {
 public:
  Taker() = default;
  Taker(const Taker&) = delete;
  Taker& operator=(const Taker&) = delete;
  virtual ~Taker() = default;

  virtual void succeeded(std::optional<std::string> context) const noexcept = 0;
  virtual void failed(std::string message, std::optional<std::string> context) const noexcept = 0;
};

/// A Reply, or another's. A small handle, as Reply is.
class Recipient {
 public:
  explicit Recipient(Reply reply) noexcept : to_(std::move(reply)) {}
  explicit Recipient(std::shared_ptr<const Taker> taker) noexcept : to_(std::move(taker)) {}

  void succeeded(std::optional<std::string> context = std::nullopt) const noexcept {
    if (const auto* const reply = std::get_if<Reply>(&to_)) {
      reply->succeeded(std::move(context));
    } else {
      (*std::get_if<std::shared_ptr<const Taker>>(&to_))->succeeded(std::move(context));
    }
  }
  void failed(std::string message,
              std::optional<std::string> context = std::nullopt) const noexcept {
    if (const auto* const reply = std::get_if<Reply>(&to_)) {
      reply->failed(std::move(message), std::move(context));
    } else {
      (*std::get_if<std::shared_ptr<const Taker>>(&to_))
          ->failed(std::move(message), std::move(context));
    }
  }

 private:
  std::variant<Reply, std::shared_ptr<const Taker>> to_;
};

}  // namespace promoflow::detail
