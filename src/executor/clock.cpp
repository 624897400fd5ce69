// SPDX-License-Identifier: Apache-2.0
#include "promoflow/executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

class SystemClock final : public Clock {
 public:
  Instant now() override {
    const auto passed = std::chrono::steady_clock::now() - steady_;
    return start_ + std::chrono::duration_cast<std::chrono::milliseconds>(passed);
  }
  void wait(Waiting& waiting, std::optional<Instant> deadline) override {
    if (!deadline) {
      waiting.wait_for(std::nullopt);
      return;
    }
    // One millisecond more: now() rounds down, so a wait of exactly `left` could end too early.
    const std::chrono::milliseconds left = *deadline - now() + std::chrono::milliseconds{1};
    if (left.count() > 0) { waiting.wait_for(left); }
  }

 private:
  const std::chrono::steady_clock::time_point steady_ = std::chrono::steady_clock::now();
  const Instant start_ =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
};

}  // namespace

Clock& system_clock() noexcept {
  static SystemClock clock;
  return clock;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
