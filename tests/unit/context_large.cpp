// SPDX-License-Identifier: Apache-2.0
// C2: values larger than any text that is read as a whole. Apart from context_merge.cpp, for it
// takes seconds.
#include "catch.hpp"
#include "context/export.hpp"
#include "context/merge_patch.hpp"

using namespace promoflow;

TEST_CASE("an object that an older snapshot brought is merged into however large it is", "[C2]") {
  // No limit of the texts that are read as a whole may take anything away.
  const std::string before = "{\"a\":\"" + std::string(std::size_t{65} << 20U, 'x') + "\"}";
  detail::Export exported;
  REQUIRE(detail::read_export(R"({"key":{"b":1}})", exported).empty());
  const detail::NodeId key = exported.document.first(exported.document.roots[0]);
  const std::string merged =
      detail::merged_object(before, {&exported.document, exported.document.next(key)});
  CHECK(merged.size() == before.size() + 6);
  CHECK(merged.ends_with(R"(xx","b":1})"));
}
