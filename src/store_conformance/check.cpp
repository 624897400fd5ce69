// SPDX-License-Identifier: Apache-2.0
#include "store_conformance/check.hpp"

#include <fmt/format.h>

#include <new>

#include "base/guard.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace conformance {

namespace {

constexpr std::uint64_t kFindingsMax = 20;  // Of each check: one fault often shows everywhere.

}  // namespace

std::string Check::text_of(const Error& error) {
  return fmt::format("{} ({}{}{})", error.message, to_string(error.code),
                     error.where.empty() ? "" : ", ", error.where);
}

void Check::note(std::string_view message) {
  if (++found_ > kFindingsMax) { return; }
  report_->findings.push_back({std::string(rule_), std::string(name_), std::string(message)});
}

bool Check::expect(bool holds, std::string_view message) {
  ++report_->checks;
  if (!holds) { note(message); }
  return holds;
}

bool Check::expect_equal(std::string_view what, std::string_view written, std::string_view read) {
  ++report_->checks;
  if (written == read) { return true; }
  note(fmt::format("{}: expected {}, but the store says {}", what, written, read));
  return false;
}

void Check::end(std::string_view message) {
  note(message);
  throw CheckEnded();
}

void Check::make() {
  store_.reset();
  store_ = need(subject_->make(), "making an empty store");
  if (store_ == nullptr) { end("make() returned no store"); }
}

void Check::crash() {
  ++report_->crashes;
  store_ = need(subject_->crash_and_reopen(std::move(store_)), "opening the store after a crash");
  if (store_ == nullptr) { end("crash_and_reopen() returned no store"); }
}

void Check::mend() {
  ++report_->faults;
  subject_->mend();
}

bool Check::tamper(std::string_view release, std::uint64_t sequence) {
  Result<std::unique_ptr<Store>> changed = subject_->tamper(std::move(store_), release, sequence);
  store_ = need(std::move(changed), "opening the store after an event was changed");
  return store_ != nullptr;
}

namespace {

void run(const NamedCheck& named, StoreUnderTest& subject, StoreConformance& report) {
  Check check(subject, report, named.rule, named.name);
  try {
    named.run(check);
  } catch (const CheckEnded&) {  // It has been noted.
  } catch (const std::bad_alloc&) { throw; } catch (const std::exception& error) {
    check.expect(false, fmt::format("an exception was thrown: {}", error.what()));
  }
}

}  // namespace

}  // namespace conformance

Result<StoreConformance> check_store(StoreUnderTest& subject) noexcept {
  try {
    StoreConformance report;
    for (const auto list : {conformance::checks_of_commits, conformance::checks_of_history,
                            conformance::checks_of_owners, conformance::checks_of_requests,
                            conformance::checks_of_faults}) {
      for (const conformance::NamedCheck& check : list()) {
        conformance::run(check, subject, report);
      }
    }
    return report;
  } catch (const std::exception&) { return detail::out_of_memory(); }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
