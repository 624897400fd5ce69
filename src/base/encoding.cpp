// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.hpp"

#include <algorithm>
#include <cstddef>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// UTF-32 first: its mark begins with that of UTF-16.
constexpr WideEncoding kWideEncodings[] = {
    {"UTF-32", {"\xFF\xFE\0\0", 4}, {"x\0\0\0", 4}},
    {"UTF-32", {"\0\0\xFE\xFF", 4}, {"\0\0\0x", 4}},
    {"UTF-16", {"\xFF\xFE", 2}, {"x\0", 2}},
    {"UTF-16", {"\xFE\xFF", 2}, {"\0x", 2}},
};

struct BinaryFormat {
  std::string_view name;
  std::string_view beginning;
  std::size_t offset = 0;
};

constexpr BinaryFormat kBinaryFormats[] = {
    {"gzip data", "\x1F\x8B"},
    {"a zip archive", "PK\x03\x04"},
    {"bzip2 data", "BZh"},
    {"xz data", "\xFD\x37zXZ"},
    {"zstd data", "\x28\xB5\x2F\xFD"},
    {"a tar archive", "ustar", 257},
    {"an ELF program", "\x7F\x45LF"},
    {"a PNG image", "\x89PNG"},
    {"a JPEG image", "\xFF\xD8\xFF"},
};
/// In the beginning of each of them is a byte that is in no text.
constexpr std::size_t kBinaryHead = 512;

bool has_zeros_of(std::string_view text, std::string_view zeros_of) noexcept {
  if (text.size() < 2 * zeros_of.size() && text.size() != zeros_of.size()) { return false; }
  for (std::size_t i = 0; i < std::min(text.size(), 2 * zeros_of.size()); ++i) {
    if ((text[i] == '\0') != (zeros_of[i % zeros_of.size()] == '\0')) { return false; }
  }
  return true;
}

}  // namespace

std::string_view find_binary_format(std::string_view text) noexcept {
  const std::string_view head = text.substr(0, kBinaryHead);
  const bool is_text = std::none_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
  });
  if (is_text) { return {}; }
  for (const BinaryFormat& format : kBinaryFormats) {
    if (head.substr(std::min(head.size(), format.offset)).starts_with(format.beginning)) {
      return format.name;
    }
  }
  return {};
}

const WideEncoding* find_wide_encoding(std::string_view text) noexcept {
  for (const WideEncoding& encoding : kWideEncodings) {
    if (text.starts_with(encoding.mark) || has_zeros_of(text, encoding.zeros_of)) {
      return &encoding;
    }
  }
  return nullptr;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
