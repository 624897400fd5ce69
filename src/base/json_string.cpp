// SPDX-License-Identifier: Apache-2.0
// Writes text as a JSON string.
#include "base/json_string.hpp"

#include <cstddef>

#include "base/plain_text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

/// The letter of a short escape, such as 'n' of \n; 0: the character needs \u00xx.
char short_escape(char c) noexcept {
  switch (c) {
    case '"':
    case '\\': return c;
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default:  // Not an enum: any other character.
      return 0;
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) { break; }
    out += '\\';
    if (const char escape = short_escape(text.front()); escape != 0) {
      out += escape;
    } else {
      const auto code = static_cast<unsigned char>(text.front());
      out += "u00";
      out += kHex[code >> 4U];
      out += kHex[code & 0xFU];
    }
    text.remove_prefix(1);
  }
  out += '"';
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
