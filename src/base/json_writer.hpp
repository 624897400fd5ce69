// SPDX-License-Identifier: Apache-2.0
/// @file
/// JsonWriter: writes compact JSON text member by member, and the commas between them.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/json_string.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Appends to a string. The caller must nest begin and end calls properly. May throw
/// std::bad_alloc.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) noexcept : out_(&out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name) {
    separate();
    append_json_string(*out_, name);
    *out_ += ':';
    is_first_ = true;
    return *this;
  }
  /// A literal of the program's own, which needs no escapes.
  template <std::size_t kSize>
  JsonWriter& key(const char (&name)[kSize]) {
    char member[kSize + 3] = {',', '"'};
    std::memcpy(member + 2, name, kSize - 1);
    member[kSize + 1] = '"';
    member[kSize + 2] = ':';
    append({member, sizeof member});
    is_first_ = true;
    return *this;
  }
  JsonWriter& text(std::string_view value) {
    separate();
    append_json_string(*out_, value);
    return *this;
  }
  JsonWriter& raw(std::string_view json) {
    separate();
    *out_ += json;
    return *this;
  }
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  template <std::integral T>
  JsonWriter& number(T value) {
    char digits[24] = {','};
    const auto end = std::to_chars(digits + 1, digits + sizeof digits, value).ptr;
    append({digits, static_cast<std::size_t>(end - digits)});
    return *this;
  }

 private:
  /// Appends a comma and what is behind it: as one piece, which costs a third of two.
  void append(std::string_view with_comma) {
    *out_ += with_comma.substr(is_first_ ? 1 : 0);
    is_first_ = false;
  }
  JsonWriter& open(char bracket) {
    separate();
    *out_ += bracket;
    is_first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    *out_ += bracket;
    is_first_ = false;
    return *this;
  }
  void separate() {
    if (!is_first_) { *out_ += ','; }
    is_first_ = false;
  }

  std::string* out_;
  bool is_first_ = true;  ///< The next value is the first of its container; it needs no comma.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
