// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <cstdint>

#include "base/utf8.hpp"
#include "catch.hpp"

using namespace promoflow::detail;

namespace {

std::string utf8(char32_t value) {
  const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
  const auto v = static_cast<std::uint32_t>(value);
  if (v < 0x80) { return {byte(v)}; }
  if (v < 0x800) { return {byte(0xC0 | v >> 6U), byte(0x80 | (v & 63U))}; }
  if (v < 0x10000) {
    return {byte(0xE0 | v >> 12U), byte(0x80 | (v >> 6U & 63U)), byte(0x80 | (v & 63U))};
  }
  return {byte(0xF0 | v >> 18U), byte(0x80 | (v >> 12U & 63U)), byte(0x80 | (v >> 6U & 63U)),
          byte(0x80 | (v & 63U))};
}

}  // namespace

TEST_CASE("what is invisible, controls or reorders is written out", "[H12]") {
  CHECK(printable("plain \xC3\xA4 \xE6\xBC\xA2 \xF0\x9F\x9A\x80") ==
        "plain \xC3\xA4 \xE6\xBC\xA2 \xF0\x9F\x9A\x80");
  CHECK(printable("\x1b[31m") == "<U+001B>[31m");
  CHECK(printable("a\tb\nc\r\x7f") == "a<U+0009>b<U+000A>c<U+000D><U+007F>");
  CHECK(printable("\xC2\x9B") == "<U+009B>");
  CHECK(printable("staging\xE2\x80\x8B") == "staging<U+200B>");
  CHECK(printable("\xE2\x80\xAE"
                  "x\xE2\x80\xA8\xEF\xBB\xBF") == "<U+202E>x<U+2028><U+FEFF>");
  CHECK(printable("\xF3\xA0\x81\x81") == "<U+E0041>");
  CHECK(printable(std::string_view("\0", 1)) == "<U+0000>");
}

TEST_CASE("bytes that are no UTF-8 are written out one by one", "[H12]") {
  CHECK(printable("a\x9B"
                  "b") == "a<0x9B>b");
  CHECK(printable("\xC0\x9B") == "<0xC0><0x9B>");            // Overlong.
  CHECK(printable("\xED\xA0\x80") == "<0xED><0xA0><0x80>");  // A surrogate.
  CHECK(printable("\xE2\x80") == "<0xE2><0x80>");            // Cut off.
  CHECK(printable("\xF4\x90\x80\x80") == "<0xF4><0x90><0x80><0x80>");
  CHECK(printable("\xC2\x1b") == "<0xC2><U+001B>");
}

TEST_CASE("an emoji keeps its variation selector and its joiner, nothing else does", "[H12]") {
  const std::string warning = "\xE2\x9A\xA0\xEF\xB8\x8F";  // U+26A0 U+FE0F
  CHECK(printable(warning) == warning);
  const std::string pair =
      "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80";  // U+1F469 U+200D U+1F680
  CHECK(printable(pair) == pair);
  const std::string heart = warning + "\xE2\x80\x8D\xF0\x9F\x9A\x80";
  CHECK(printable(heart) == heart);
  CHECK(printable("a\xEF\xB8\x8F") == "a<U+FE0F>");
  CHECK(printable("\xF0\x9F\x91\xA9\xE2\x80\x8Dx") == "\xF0\x9F\x91\xA9<U+200D>x");
  CHECK(printable("\xF0\x9F\x91\xA9\xE2\x80\x8D") == "\xF0\x9F\x91\xA9<U+200D>");
  CHECK(printable("\xE2\x80\x8D") == "<U+200D>");
}

TEST_CASE("lines keep their ends", "[H12]") {
  CHECK(printable_lines("a\r\nb\n\tc\rd") == "a\nb\n c<U+000D>d");
  CHECK(printable_lines("\xC3\xA4\n", true) == "<U+00E4>\n");
}

TEST_CASE("no code point that must not be printed is, and all others are as they were", "[H12]") {
  std::size_t written_out = 0;
  for (char32_t value = 0; value <= 0x10FFFF; ++value) {
    if (value >= 0xD800 && value <= 0xDFFF) { continue; }
    const std::string text = utf8(value);
    const Character self = character_at(text, 0);
    if (!self.valid || self.value != value || self.bytes != text.size()) {
      FAIL("U+" << static_cast<std::uint32_t>(value) << " is read wrongly");
    }
    const std::string shown = printable("a" + text + "b");
    const bool same = shown == "a" + text + "b";
    if (same == is_unprintable(value) || !is_utf8(shown)) {
      FAIL("U+" << static_cast<std::uint32_t>(value) << " is shown as " << shown);
    }
    written_out += same ? 0U : 1U;
  }
  CHECK(written_out == 4339);
}
