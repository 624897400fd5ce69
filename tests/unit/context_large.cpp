// SPDX-License-Identifier: Apache-2.0
// C2: what has grown by many exports. Apart from context_merge.cpp, for it takes seconds.
#include "catch.hpp"
#include "context/context_data.hpp"

using namespace promoflow;

TEST_CASE("an object grows by deep merges beyond what may be exported at once", "[C2]") {
  // Larger than any text that is read as a whole: no limit of those may take anything away.
  const std::string standing = "{\"a\":\"" + std::string(std::size_t{65} << 20U, 'x') + "\"}";
  detail::Export exported;
  REQUIRE(detail::read_export(R"({"key":{"b":1}})", exported).empty());
  const detail::NodeId key = exported.document.first(exported.document.roots[0]);
  const std::string merged =
      detail::merged_object(standing, exported.document, exported.document.next(key));
  CHECK(merged.size() == standing.size() + 6);
  CHECK(merged.ends_with(R"(xx","b":1})"));
}
