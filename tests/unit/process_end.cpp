// SPDX-License-Identifier: Apache-2.0
#include "process/program_end.hpp"

#include "catch.hpp"

using namespace promoflow::detail;

TEST_CASE("the message of a failure is what the program said last, else how it ended", "[H25]") {
  CHECK(failure_message({}, "noise").empty());
  CHECK(failure_message({.status = 3}, "no route") == "no route");
  CHECK(failure_message({.status = 3}, "") == "exit status 3");
  CHECK(failure_message({.status = 126}, "") ==
        "exit status 126 (a command could not be executed)");
  CHECK(failure_message({.status = 127}, "") == "exit status 127 (a command was not found)");
  CHECK(failure_message({.status = 143}, "") == "exit status 143 (as shells report SIGTERM)");
  CHECK(failure_message({.status = 255}, "") == "exit status 255");
  CHECK(failure_message({.known = false}, "").find("SIGCHLD") != std::string::npos);
}

TEST_CASE("a signal is named, and not hidden behind what was said before it", "[H25]") {
  CHECK(failure_message({.signal = 9}, "") == "killed by signal 9 (SIGKILL)");
  CHECK(failure_message({.signal = 11, .core = true}, "") ==
        "killed by signal 11 (SIGSEGV), core dumped");
  CHECK(failure_message({.signal = 15}, "step 3") == "killed by signal 15 (SIGTERM): step 3");
  CHECK(failure_message({.signal = 64}, "") == "killed by signal 64");
}

TEST_CASE("a text of which a terminal shows nothing is blank", "[H25]") {
  for (const char* const text : {"", " \n\t", "\x1b[0m", "\x1b[1;31m \x1b[0m\n", "\x1b[", "\x07",
                                 "\xE2\x80\x8B", "\xEF\xBB\xBF"}) {
    CHECK_FALSE(is_visible(text));
  }
  for (const char* const text : {"x", "\x1b[31m!\x1b[0m", " .", "\xC3\xA4"}) {
    CHECK(is_visible(text));
  }
}
