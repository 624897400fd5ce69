// SPDX-License-Identifier: Apache-2.0
// UTF-8 by the table of RFC 3629.
#include "base/utf8.hpp"

#include "base/plain_text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

struct Lead {
  unsigned char first;        ///< Lead bytes from here
  unsigned char last;         ///< to here
  unsigned char bytes;        ///< begin a sequence of this length,
  unsigned char second_from;  ///< whose second byte is from here
  unsigned char second_to;    ///< to here.
};

constexpr Lead kLeads[] = {
    {0x00, 0x7F, 1, 0x00, 0x00}, {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF},
    {0xE1, 0xEC, 3, 0x80, 0xBF}, {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x90, 0xBF}, {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

}  // namespace

std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (const Lead& lead : kLeads) {
    if (byte(at) < lead.first || byte(at) > lead.last) { continue; }
    if (lead.bytes > text.size() - at) { return 0; }
    for (std::size_t i = 1; i < lead.bytes; ++i) {
      const unsigned char from = i == 1 ? lead.second_from : 0x80;
      const unsigned char to = i == 1 ? lead.second_to : 0xBF;
      if (byte(at + i) < from || byte(at + i) > to) { return 0; }
    }
    return lead.bytes;
  }
  return 0;
}

bool is_utf8(std::string_view text) noexcept {
  if (is_ascii(text)) { return true; }
  for (std::size_t at = ascii_words(text); at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t bytes = utf8_sequence(text, at);
    if (bytes == 0) { return false; }
    at += bytes;
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = utf8_sequence(text, at);
    if (bytes == 0) {
      out += "\xEF\xBF\xBD";
      ++at;
    } else {
      out += text.substr(at, bytes);
      at += bytes;
    }
  }
  return out;
}

void make_utf8(std::string& text) {
  if (!is_utf8(text)) { text = to_utf8(text); }
}

void append_utf8(std::string& out, char32_t value) {
  const auto byte = [&out](char32_t bits) { out += static_cast<char>(bits); };
  if (value < 0x80) { return byte(value); }
  if (value < 0x800) {
    byte(0xC0 | value >> 6U);
  } else {
    if (value < 0x10000) {
      byte(0xE0 | value >> 12U);
    } else {
      byte(0xF0 | value >> 18U);
      byte(0x80 | (value >> 12U & 0x3FU));
    }
    byte(0x80 | (value >> 6U & 0x3FU));
  }
  byte(0x80 | (value & 0x3FU));
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
