// SPDX-License-Identifier: Apache-2.0
// Records on their way to the host: their times, and records and commands taken in turn.
#include <limits>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// What the tests below look at: two environments have begun, the first has ended, and one has
/// been cut; nothing was taken.
Release busy() {
  auto release = Release::start(regions(FailurePolicy::Abort), {.id = "r-42"}, at(0)).value();
  REQUIRE(release.apply({at(1), PromotionSucceeded{ticket(1)}}));
  REQUIRE(release.apply({at(2), PromotionSucceeded{ticket(2)}}));
  REQUIRE(release.apply({at(3), Terminate{"no"}}));
  return release;
}

std::vector<std::string> lines_of(Release release) {
  std::vector<std::string> lines;
  while (const auto record = release.next_record()) { lines.push_back(*to_json(*record, at(0))); }
  return lines;
}

bool is_command(const std::string& line) {
  return line.find("\"event\":\"hook\"") != std::string::npos ||
         line.find("\"event\":\"promote\"") != std::string::npos ||
         line.find("\"event\":\"cancel\"") != std::string::npos;
}

std::uint64_t ticket_of(const std::string& line) {
  constexpr std::string_view kMember = "\"ticket\":";
  return std::stoull(line.substr(line.find(kMember) + kMember.size()));
}
std::uint64_t ticket_of(const Command& command) {
  return std::visit([](const auto& one) { return static_cast<std::uint64_t>(one.ticket); },
                    command);
}

}  // namespace

TEST_CASE("records come in order, each environment's status before its command", "[S5]") {
  const std::vector<std::string> lines = lines_of(busy());
  const std::vector<std::string> expected{
      R"({"t":0,"event":"release","status":"Running"})",
      R"({"t":0,"event":"environment","environment":"dev","status":"Successful"})",
      R"({"t":0,"event":"environment","environment":"eu","status":"Running"})",
      R"({"t":0,"event":"promote","ticket":1,"environment":"eu","attempt":1,"policy":{}})",
      R"({"t":0,"event":"environment","environment":"us","status":"Running"})",
      R"({"t":0,"event":"promote","ticket":2,"environment":"us","attempt":1,"policy":{}})",
      R"({"t":1,"event":"promotion-succeeded","ticket":1})",
      R"({"t":1,"event":"environment","environment":"eu","status":"Successful"})",
      R"({"t":2,"event":"promotion-succeeded","ticket":2})",
      R"({"t":2,"event":"environment","environment":"us","status":"Successful"})",
      R"({"t":2,"event":"environment","environment":"global","status":"Running"})",
      R"({"t":2,"event":"promote","ticket":3,"environment":"global","attempt":1,"policy":{}})",
      R"({"t":3,"event":"terminate","reason":"no"})",
      R"({"t":3,"event":"release","status":"Terminating"})",
      R"({"t":3,"event":"cancel","ticket":3})",
      R"({"t":3,"event":"environment","environment":"global","status":"Terminated"})",
  };
  REQUIRE(lines.size() == expected.size() + 1);  // And a hook, whose line is long.
  for (std::size_t i = 0; i < expected.size(); ++i) { CHECK(lines[i] == expected[i]); }
  CHECK(lines.back().find("\"hook\":\"page\"") != std::string::npos);
}

TEST_CASE("a command can be taken wherever the host stopped taking records", "[R1]") {
  const std::vector<std::string> lines = lines_of(busy());
  for (std::size_t taken = 0; taken <= lines.size(); ++taken) {
    Release release = busy();
    for (std::size_t i = 0; i < taken; ++i) { REQUIRE(release.next_record()); }
    for (std::size_t i = taken; i < lines.size(); ++i) {
      if (!is_command(lines[i])) { continue; }
      const auto command = release.next_command();
      REQUIRE(command);
      CHECK(ticket_of(*command) == ticket_of(lines[i]));
      const bool cancels = lines[i].find("cancel") != std::string::npos;
      CHECK(cancels == std::holds_alternative<Cancel>(*command));
    }
    CHECK_FALSE(release.next_command());
    CHECK_FALSE(release.next_record());
  }
}

TEST_CASE("records taken behind a command are those behind it", "[S5]") {
  const std::vector<std::string> lines = lines_of(busy());
  Release release = busy();
  std::size_t next = 0;
  while (release.next_command()) {
    while (!is_command(lines[next])) { ++next; }
    ++next;
    if (next == lines.size()) { break; }
    const auto record = release.next_record();
    REQUIRE(record);
    CHECK(*to_json(*record, at(0)) == lines[next]);
    next += 1;
  }
  CHECK(next == lines.size());
}

TEST_CASE("a record has its own time, however far it is from the one before", "[S5]") {
  using std::chrono::hours;
  const Instant times[] = {Instant{} - hours{24 * 365 * 100},
                           Instant{} - hours{1},
                           Instant{},
                           Instant{} + hours{24 * 49},
                           Instant{} + hours{24 * 100},
                           Instant{} + hours{24 * 365 * 150}};
  FlowBuilder builder("patient", "dev");
  FlowOptions options;
  options.promotion_timeout_limit = std::chrono::minutes{150'000'000};
  builder.options(options);
  builder.step("one", {"dev"}).step("two", {"one"}).step("three", {"two"}).step("four", {"three"});
  builder.step("five", {"four"});
  auto release = Release::start(built(builder), {.id = "r-42"}, times[0]).value();
  for (std::uint64_t i = 1; i <= 5; ++i) {
    REQUIRE(release.apply({times[i], PromotionSucceeded{ticket(i)}}));
    if (i == 2) {
      REQUIRE(release.next_command());  // The first one; the others wait to be taken.
      REQUIRE(release.next_command());
    }
  }
  std::vector<Instant> seen;
  while (const auto record = release.next_record()) {
    if (std::holds_alternative<PromotionSucceeded>(record->what)) { seen.push_back(record->at); }
  }
  CHECK(seen == std::vector<Instant>{times[2], times[3], times[4], times[5]});
  CHECK(release.status() == ReleaseStatus::Succeeded);
}

TEST_CASE("a cancellation that is handed out again has the time at which it was made", "[S5]") {
  for (const std::int64_t ms : {std::int64_t{5000}, std::int64_t{1} << 33}) {
    FlowBuilder builder("late", "dev");
    FlowOptions options;
    options.promotion_timeout_limit = std::chrono::minutes{100'000'000};
    builder.options(options).step("staging", {"dev"}).step("other", {"dev"});
    auto release = Release::start(built(builder), {.id = "r"}, at(0));
    REQUIRE(release);
    while (release->next_record()) {}
    REQUIRE(release->apply({at(ms), Terminate{"stop"}}));
    REQUIRE(release->reissue());
    for (const std::uint64_t number : {1U, 2U}) {
      const auto record = release->next_record();
      REQUIRE(record);
      CHECK(record->at == at(ms));
      CHECK(std::get<Cancel>(record->what).ticket == ticket(number));
    }
    CHECK_FALSE(release->next_record());
  }
}

TEST_CASE("times that are too far apart for a number are the largest there is", "[S5]") {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const auto line = [](std::int64_t from, std::int64_t to) {
    return to_json(Record{at(to), Soaked{ticket(1)}}, at(from)).value();
  };
  CHECK(line(-1, kMost) == R"({"t":9223372036854775807,"event":"soaked","ticket":1})");
  CHECK(line(1, -kMost) == R"({"t":-9223372036854775808,"event":"soaked","ticket":1})");
  CHECK(line(-1, kMost - 1) == R"({"t":9223372036854775807,"event":"soaked","ticket":1})");
  CHECK(line(5, 3) == R"({"t":-2,"event":"soaked","ticket":1})");
}
