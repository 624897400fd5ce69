// SPDX-License-Identifier: Apache-2.0
/// @file
/// Output: writes a tree of mappings, lists and scalars as block YAML or indented JSON.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

class Output {
 public:
  explicit Output(bool yaml) : yaml_(yaml) {}

  /// Begins a member; its value must follow.
  void key(std::string_view name);
  /// Begins an entry of a list; its value must follow.
  void entry();
  void begin_mapping() { begin('{'); }
  void begin_list() { begin('['); }
  void end();

  void string(std::string_view text) { scalar(string_text(text)); }
  /// Writes text that is the same in both formats, such as a number.
  void number(std::string_view text) { scalar(text); }
  /// Writes a string that needs no quotes in YAML.
  void word(std::string_view text);
  /// Writes a list of strings on one line.
  void strings(std::span<const std::string_view> texts);
  /// Writes JSON text as a value; text that is not JSON is written as a string.
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

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
