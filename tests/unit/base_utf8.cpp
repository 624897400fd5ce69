// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

#include <string>

#include "base/plain_text.hpp"
#include "catch.hpp"

using namespace promoflow::detail;

TEST_CASE("a byte that is not ASCII is found at every place of texts of every length") {
  for (std::size_t size = 0; size <= 33; ++size) {
    CAPTURE(size);
    const std::string plain(size, 'a');
    CHECK(is_ascii(plain));
    CHECK(is_utf8(plain));
    for (std::size_t at = 0; at < size; ++at) {
      CAPTURE(at);
      for (const char byte : {'\x80', '\xC3', '\xFF'}) {
        std::string broken = plain;
        broken[at] = byte;
        CHECK_FALSE(is_ascii(broken));
        CHECK_FALSE(is_utf8(broken));
      }
      if (at + 1 < size) {
        std::string accented = plain;
        accented.replace(at, 2, "\xC3\xA4");
        CHECK_FALSE(is_ascii(accented));
        CHECK(is_utf8(accented));
      }
    }
  }
}

TEST_CASE("bytes behind the text are not read as its own") {
  const std::string text = "abc\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
  CHECK(is_utf8(std::string_view(text).substr(0, 3)));
  CHECK(is_utf8(std::string_view(text).substr(0, 0)));
}
