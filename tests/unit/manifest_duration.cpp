// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "catch.hpp"
#include "promoflow/manifest.hpp"

using namespace promoflow;
using std::chrono::milliseconds;

TEST_CASE("durations are read as Go reads them", "[M5]") {
  const auto ms = [](std::string_view text) { return parse_duration(text).value().count(); };
  CHECK(ms("1h30m") == 5400000);
  CHECK(ms("45s") == 45000);
  CHECK(ms("500ms") == 500);
  CHECK(ms("0") == 0);
  CHECK(ms("0s") == 0);
  CHECK(ms("1.5h") == 5400000);
  CHECK(ms(".5s") == 500);
  CHECK(ms("2.s") == 2000);
  CHECK(ms("-2s") == -2000);
  CHECK(ms("+2s") == 2000);
  CHECK(ms("1000us") == 1);
  CHECK(ms("1000\xC2\xB5s") == 1);
  CHECK(ms("1000\xCE\xBCs") == 1);
  CHECK(ms("500us500us") == 1);
  CHECK(ms("1s1h") == 3601000);
  CHECK(ms("0.0000025h") == 9);
  CHECK(ms("2562047h47m16.854s") == 9223372036854);
}

TEST_CASE("what is no duration of whole milliseconds is refused with a reason", "[M5]") {
  for (const std::string_view text :
       {"", "1", "1.5", "s", ".s", "-", "1h30", "1 h", "1d", "1H", "h1", "--1s", "1e3s", "1.5ms",
        "1ns", "0.0001s", "2562047h47m16.855s", "99999999999999999999h", "1h\n"}) {
    INFO(text);
    const auto parsed = parse_duration(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::InvalidArgument);
    CHECK_FALSE(parsed.error().message.empty());
  }
}

TEST_CASE("durations are printed as Go prints them, zero parts left out", "[M5]") {
  const auto text = [](std::int64_t ms) { return format_duration(milliseconds(ms)).value(); };
  CHECK(text(0) == "0s");
  CHECK(text(500) == "500ms");
  CHECK(text(1000) == "1s");
  CHECK(text(1500) == "1.5s");
  CHECK(text(90000) == "1m30s");
  CHECK(text(90050) == "1m30.05s");
  CHECK(text(86400000) == "24h");
  CHECK(text(3605000) == "1h5s");
  CHECK(text(-2000) == "-2s");
  CHECK(text(3600500) == "1h0.5s");
  CHECK(text(std::numeric_limits<std::int64_t>::min()).front() == '-');
}

TEST_CASE("a printed duration is read as the same one", "[M5]") {
  for (std::int64_t ms = 1; ms < 9223372036854 / 3; ms = ms * 3 + 7) {
    CHECK(parse_duration(format_duration(milliseconds(ms)).value()).value().count() == ms);
  }
}
