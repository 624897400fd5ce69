// SPDX-License-Identifier: Apache-2.0
/// @file
/// check_store(): checks a Store that a host wrote on its own database against the promises of
/// docs/store.md. Link promoflow::store_conformance to a test program; it needs no test framework.
///
/// The suite decides when the store's process dies and when its storage fails; the host says how,
/// in a StoreUnderTest. Without crashes and failures there is no proof: what a host cannot do is
/// listed in StoreConformance::skipped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "promoflow/result.hpp"
#include "promoflow/store.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// What the storage does at an operation that the suite chose. An operation is whatever may reach
/// stable storage on its own: a write, a sync, a statement, a request to a database.
enum class StorageFault : std::int32_t {
  Crash = 1,      ///< The process dies there: this operation and all after it fail.
  ErrorOnce = 2,  ///< This operation fails, those after it succeed.
  ErrorFor = 3,   ///< This operation and all after it fail, until mend().
};

/// How the suite reaches a host's store. A test implements it; the suite calls it from one thread.
/// What it throws ends the check that called it, and is reported as a finding.
class StoreUnderTest {
 public:
  StoreUnderTest() = default;
  StoreUnderTest(const StoreUnderTest&) = delete;
  StoreUnderTest& operator=(const StoreUnderTest&) = delete;
  virtual ~StoreUnderTest() = default;

  /// A store without releases. Stores of earlier calls are not used any more.
  [[nodiscard]] virtual Result<std::unique_ptr<Store>> make() = 0;
  /// The process dies at this instant: whatever is not on stable storage is lost, and nothing is
  /// closed in order. Then, with storage that works again, the store is opened anew.
  [[nodiscard]] virtual Result<std::unique_ptr<Store>> crash_and_reopen(
      std::unique_ptr<Store> store) = 0;

  /// Arranges the fault for the operation with this number, from 1, of those to come. False: it
  /// cannot; then promises are checked between the store's calls only.
  [[nodiscard]] virtual bool arrange(StorageFault fault, std::uint64_t operation) {
    static_cast<void>(fault);
    static_cast<void>(operation);
    return false;
  }
  /// Whether the fault that was arranged has been met.
  [[nodiscard]] virtual bool has_failed() const { return false; }
  /// The storage works again.
  virtual void mend() {}

  /// Closes the store, changes one character of the text of an event behind its back, and opens it
  /// again. Null: it cannot.
  [[nodiscard]] virtual Result<std::unique_ptr<Store>> tamper(std::unique_ptr<Store> store,
                                                              std::string_view release,
                                                              std::uint64_t sequence) {
    static_cast<void>(store);
    static_cast<void>(release);
    static_cast<void>(sequence);
    return std::unique_ptr<Store>();
  }

  /// Tries to open, as a store, something that is not one or that a later version wrote, and
  /// says whether it was refused and left as it was. The default knows nothing of this kind.
  enum class Foreign : std::int32_t { NotTried = 0, Refused = 1, Accepted = 2 };
  [[nodiscard]] virtual Foreign open_foreign() { return Foreign::NotTried; }
};

/// A promise that the store does not keep.
struct StoreFinding {
  std::string rule;     ///< The promise of docs/store.md, such as `D4`.
  std::string check;    ///< What was checked: a sentence.
  std::string message;  ///< What was found.
};

/// What the suite found.
struct StoreConformance {
  std::vector<StoreFinding> findings{};  ///< None: the store conforms. At most 20 of each check.
  std::vector<std::string> skipped{};    ///< What could not be checked, and why.
  std::uint64_t checks = 0;              ///< Comparisons that were made.
  std::uint64_t crashes = 0;             ///< Times at which the store's process died.
  std::uint64_t faults = 0;              ///< Times at which the storage failed.
};

/// Runs all checks. The cost is that of a few hundred small transactions, times the number of
/// storage operations in each where faults can be arranged. Errors: OutOfMemory.
[[nodiscard]] Result<StoreConformance> check_store(StoreUnderTest& subject) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
