// SPDX-License-Identifier: Apache-2.0
// Programs that are no scripts: for which machine they are, what loads them, and damage.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "catch.hpp"
#include "process/elf_file.hpp"
#include "process_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

// Where an ELF file has its numbers.
constexpr std::size_t kClass = 4;
constexpr std::size_t kType = 16;
constexpr std::size_t kMachine = 18;
constexpr std::uint32_t kLoader = 3;  // The kind of segment.

/// A small program for this machine, with a loader.
std::string own_program() {
  std::ifstream file("/bin/true", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

template <class Number>
void put(std::string& bytes, std::size_t at, Number number) {
  std::memcpy(bytes.data() + at, &number, sizeof number);
}

template <class Number>
Number get(const std::string& bytes, std::size_t at) {
  Number number{};
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

/// What is said of a promotion's program that has these bytes; empty: nothing.
std::string said_of(const std::string& bytes) {
  const TestDirectory directory;
  const fs::path path = directory.root / "hooks" / "promotions" / "default";
  std::ofstream(path, std::ios::binary) << bytes;
  FlowBuilder builder("one", "dev");
  builder.step("staging", {"dev"});
  const auto found = check_process_programs(built(builder), directory.options);
  std::string said;
  for (const ProgramFinding& finding : found.value()) {
    said += finding.message + " - " + finding.hint + '\n';
  }
  return said;
}

bool mentions(const std::string& text, const char* part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("[H20] a handler of another machine's programs is known by its bytes and its mask") {
  const std::string arm =
      "enabled\ninterpreter /usr/bin/qemu-arm\nflags: F\noffset 0\n"
      "magic 7f454c46ff01\nmask ffffffff00fF\n";
  CHECK(detail::is_handled(arm,
                           "\x7F"
                           "ELF\x02\x01..."));
  CHECK_FALSE(detail::is_handled(arm,
                                 "\x7F"
                                 "ELF\x02\x02..."));
  CHECK_FALSE(detail::is_handled(arm,
                                 "\x7F"
                                 "ELF\x02"));
  CHECK_FALSE(detail::is_handled("disabled" + arm.substr(7),
                                 "\x7F"
                                 "ELF\x02\x01..."));
  CHECK(detail::is_handled("enabled\noffset 1\nmagic 454c\n",
                           "\x7F"
                           "ELF"));
  CHECK_FALSE(detail::is_handled("enabled\noffset 999999\nmagic 454c\n",
                                 "\x7F"
                                 "ELF"));
  CHECK_FALSE(detail::is_handled("enabled\noffset 1\nmagic 454c\nmask f\n",
                                 "\x7F"
                                 "ELF"));
  CHECK_FALSE(detail::is_handled("enabled\nextension .jar\n",
                                 "\x7F"
                                 "ELF"));
  CHECK_FALSE(detail::is_handled("", ""));
  const std::string jar = "enabled\ninterpreter /usr/bin/jarwrapper\nflags: \nextension .jar\n";
  CHECK(detail::is_handled_by_name(jar, "/opt/notify.jar"));
  CHECK_FALSE(detail::is_handled_by_name(jar, "/opt/notify"));
  CHECK_FALSE(detail::is_handled_by_name("disabled" + jar.substr(7), "/opt/notify.jar"));
  CHECK_FALSE(detail::is_handled_by_name(arm, "/opt/notify.jar"));
}

#if defined(__linux__)

TEST_CASE("[H20] a program for another machine is told, and for which") {
  std::string program = own_program();
  CHECK(said_of(program).empty());
  const auto own = get<std::uint16_t>(program, kMachine);
  put(program, kMachine, static_cast<std::uint16_t>(own == 62 ? 183 : 62));
  CHECK(mentions(said_of(program), own == 62 ? "it is for arm64, and this machine is x86_64"
                                             : "it is for x86_64, and this machine is "));
  put(program, kMachine, std::uint16_t{0x1616});
  CHECK(mentions(said_of(program), "it is for machine type 5654, and this machine is "));
}

TEST_CASE("[H20] a program whose loader does not exist is told, and which one") {
  std::string program = own_program();
  if (program[kClass] != 2) { return; }  // The offsets below are those of 64 bits.
  const auto table = get<std::uint64_t>(program, 32);
  for (std::size_t i = 0; i < get<std::uint16_t>(program, 56); ++i) {
    const std::size_t entry = table + 56 * i;
    if (get<std::uint32_t>(program, entry) != kLoader) { continue; }
    program[get<std::uint64_t>(program, entry + 8) + 1] = '\x1B';
    CHECK(mentions(said_of(program), "it needs the loader /<U+001B>"));
    CHECK(mentions(said_of(program), "which does not exist"));
    put(program, entry + 8, ~std::uint64_t{0});
    CHECK(mentions(said_of(program), "it is cut"));
    put(program, entry + 8, std::uint64_t{0});
    put(program, entry + 32, std::uint64_t{1});
    CHECK(mentions(said_of(program), "no program that the system can load"));
  }
}

TEST_CASE("[H20] a program that is cut is told, wherever it is cut") {
  const std::string program = own_program();
  for (const std::size_t size :
       std::initializer_list<std::size_t>{4, 5, 7, 19, 20, 51, 63, 64, 65, 200, 300, 4096}) {
    INFO(size);
    CHECK(mentions(said_of(program.substr(0, size)), "it is cut"));
  }
}

TEST_CASE("[H20] an object file is no program") {
  std::string program = own_program();
  put(program, kType, std::uint16_t{1});
  CHECK(mentions(said_of(program), "no program that the system can load"));
}

TEST_CASE("[H20] whatever the bytes of an ELF header are, they are only looked at") {
  const std::string program = own_program().substr(0, 1024);
  for (std::size_t at = 4; at < 400; ++at) {
    for (const int byte : {0x00, 0x7F, 0xFF}) {
      std::string changed = program;
      changed[at] = static_cast<char>(byte);
      (void)said_of(changed);
    }
  }
  for (const int byte : {0x00, 0x01, 0x80, 0xFF}) {
    CHECK_FALSE(said_of("\x7F"
                        "ELF" +
                        std::string(508, static_cast<char>(byte)))
                    .empty());
  }
}

#endif
