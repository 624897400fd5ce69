// SPDX-License-Identifier: Apache-2.0
// The table of names: as many as a large flow has.
#include "catch.hpp"
#include "flow/flow_data.hpp"

using namespace promoflow;

TEST_CASE("names are distinguished even if their hashes are equal", "[M7]") {
  detail::NameTable names;
  std::string name = "environment-";
  for (std::uint32_t i = 0; i < 150'000; ++i) {
    if (names.intern(name.replace(12, std::string::npos, std::to_string(i))) != i) { FAIL(name); }
  }
  CHECK(names.find("environment-0") == 0);
  CHECK(names.find("environment") == detail::NameTable::kNone);
  CHECK(detail::NameTable().find("environment-0") == detail::NameTable::kNone);
}
