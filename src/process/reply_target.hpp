// SPDX-License-Identifier: Apache-2.0
/// @file
/// ReplyTarget: where the answer to one call goes, to a Reply or to a reply of the C ABI.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "promoflow/executor.hpp"

namespace promoflow::detail {

/// Takes an answer that does not go to a Reply. Thread-safe. The functions mean what Reply's do.
class ReplySink {
 public:
  ReplySink() = default;
  ReplySink(const ReplySink&) = delete;
  ReplySink& operator=(const ReplySink&) = delete;
  virtual ~ReplySink() = default;

  virtual void succeeded(std::optional<std::string> context) const noexcept = 0;
  virtual void failed(std::string message, std::optional<std::string> context) const noexcept = 0;
  virtual void queued() const noexcept = 0;
  virtual void started() const noexcept = 0;
};

/// A Reply or a ReplySink. A small handle, as Reply is.
class ReplyTarget {
 public:
  explicit ReplyTarget(Reply reply) noexcept : to_(std::move(reply)) {}
  explicit ReplyTarget(std::shared_ptr<const ReplySink> sink) noexcept : to_(std::move(sink)) {}

  void succeeded(std::optional<std::string> context = std::nullopt) const noexcept {
    send([&](const auto& to) { to.succeeded(std::move(context)); });
  }
  void failed(std::string message,
              std::optional<std::string> context = std::nullopt) const noexcept {
    send([&](const auto& to) { to.failed(std::move(message), std::move(context)); });
  }
  void queued() const noexcept {
    send([](const auto& to) { to.queued(); });
  }
  void started() const noexcept {
    send([](const auto& to) { to.started(); });
  }

 private:
  /// std::visit() may throw, which the alternatives here never cause.
  template <class Body>
  void send(Body&& body) const noexcept {
    if (const auto* const reply = std::get_if<Reply>(&to_)) {
      body(*reply);
    } else {
      body(**std::get_if<std::shared_ptr<const ReplySink>>(&to_));
    }
  }

  std::variant<Reply, std::shared_ptr<const ReplySink>> to_;
};

}  // namespace promoflow::detail
