// SPDX-License-Identifier: Apache-2.0
/// @file
/// SettingsReader: what readers of files of settings share. Such a file is one mapping; each
/// problem in it has a place, and none of it counts if there is an error. Problems beyond
/// ReadOptions::diagnostics_max are counted, not listed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// All functions may throw std::bad_alloc.
class SettingsReader {
 protected:
  explicit SettingsReader(std::vector<Diagnostic>& diagnostics) : diagnostics_(diagnostics) {}

  /// Reads the text. kNoNode: there is a problem; if it is that the text is not one mapping, then
  /// with this message and hint.
  NodeId read_mapping(std::string_view text, const ReadOptions& options, std::string message,
                      std::string hint);
  /// Adds how many problems are not listed. Called last.
  void finish();
  /// Adds a problem at a node; kNoNode: at the beginning of the text.
  void complain(NodeId at, DiagnosticCode code, std::string pointer, std::string message,
                std::string hint = {});
  bool has_error() const noexcept { return has_error_; }

  /// Calls body(key, value, pointer to the value) for each member of a mapping.
  template <class Body>
  void each_member(NodeId mapping, const std::string& pointer, const Body& body) {
    for (NodeId key = document_.first(mapping); key != kNoNode;) {
      const NodeId value = document_.next(key);
      std::string place = pointer;
      append_pointer(place, document_.text(key));
      body(key, value, place);
      key = document_.next(value);
    }
  }

  Document document_;

 private:
  std::vector<Diagnostic>& diagnostics_;
  std::size_t diagnostics_max_ = 0;
  std::size_t dropped_ = 0;
  bool has_error_ = false;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
