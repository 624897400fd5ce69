// SPDX-License-Identifier: Apache-2.0
/// @file
/// Output: a tree of mappings, lists and scalars as block YAML or indented JSON.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "document/document.hpp"

namespace promoflow::detail {

class Output {
 public:
  explicit Output(bool yaml) : yaml_(yaml) {}

  /// What comes next is the member's value.
  void key(std::string_view name);
  /// What comes next is an entry of the list.
  void entry();
  void begin_mapping() { begin('{'); }
  void begin_list() { begin('['); }
  void end();

  void string(std::string_view text) { scalar(string_text(text)); }
  /// Text that is the same in both formats: a number.
  void number(std::string_view text) { scalar(text); }
  /// Text that YAML takes for a string without quotes.
  void word(std::string_view text);
  /// A list of strings, on one line.
  void strings(std::span<const std::string_view> texts);
  /// JSON text; what is none is written as a string.
  void json(std::string_view text);

  std::string take();

 private:
  struct Level {
    char bracket = 0;
    std::size_t indent = 0;
    bool empty = true;
  };

  void begin(char bracket);
  void scalar(std::string_view text);
  void new_line();
  std::string string_text(std::string_view text) const;
  void append_flow(std::string& out, const Document& document, NodeId node) const;

  bool yaml_;
  std::string out_;
  std::vector<Level> levels_;
  bool after_key_ = false;
  bool after_dash_ = false;
};

}  // namespace promoflow::detail
