// SPDX-License-Identifier: Apache-2.0
/// @file
/// Check: one check of the conformance suite, its findings, and the store that it works on.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promoflow/store_conformance.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance {

/// Ends a check for which nothing sensible is left to do; its finding has been noted.
class CheckEnded final : public std::exception {};

class Check {
 public:
  Check(StoreUnderTest& subject, StoreConformance& report, std::string_view rule,
        std::string_view name)
      : subject_(&subject), report_(&report), rule_(rule), name_(name) {}

  /// Notes a finding unless the condition holds. Returns whether it does.
  bool expect(bool holds, std::string_view message);
  /// Notes a finding that shows both texts unless they are equal.
  bool expect_equal(std::string_view what, std::string_view written, std::string_view read);
  /// Notes a finding unless the call was refused with this code.
  template <class T>
  bool expect_refused(const Result<T>& result, ErrorCode code, std::string_view what) {
    if (result) { return expect(false, std::string(what) + " was not refused"); }
    return expect_equal(std::string(what) + ": the code of the error", to_string(code),
                        to_string(result.error().code));
  }
  /// The value of a call that must not fail here; if it does the check ends.
  template <class T>
  T need(Result<T> result, std::string_view what) {
    if (!result) { end(std::string(what) + " failed: " + text_of(result.error())); }
    return std::move(*result);
  }
  void need(Result<void> result, std::string_view what) {
    if (!result) { end(std::string(what) + " failed: " + text_of(result.error())); }
  }
  [[noreturn]] void end(std::string_view message);
  void skip(std::string why) { report_->skipped.push_back(std::move(why)); }

  /// An empty store, used from here on.
  void make();
  Store& store() const noexcept { return *store_; }
  void crash();
  /// As StoreUnderTest::arrange().
  bool arrange(StorageFault fault, std::uint64_t operation) {
    return subject_->arrange(fault, operation);
  }
  bool has_failed() const { return subject_->has_failed(); }
  void mend();
  /// Whether the subject could.
  bool tamper(std::string_view release, std::uint64_t sequence);
  StoreUnderTest::Foreign open_foreign() { return subject_->open_foreign(); }

 private:
  static std::string text_of(const Error& error);
  void note(std::string_view message);

  StoreUnderTest* subject_;
  StoreConformance* report_;
  std::string_view rule_;
  std::string_view name_;
  std::uint64_t found_ = 0;
  std::unique_ptr<Store> store_;
};

/// A row of the table of checks.
struct NamedCheck {
  std::string_view rule;
  std::string_view name;
  void (*run)(Check&);
};

// One list in each file.
std::vector<NamedCheck> checks_of_commits();
std::vector<NamedCheck> checks_of_faults();
std::vector<NamedCheck> checks_of_history();
std::vector<NamedCheck> checks_of_owners();
std::vector<NamedCheck> checks_of_requests();

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance
