// SPDX-License-Identifier: Apache-2.0
/// @file
/// Output: what the program prints, into its log up to a bound; the ends of both kinds are kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "process/supervisor_protocol.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor {

/// The end of a text that comes in pieces.
class Tail {
 public:
  void add(const char* bytes, std::size_t size) noexcept;
  const char* bytes() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return size_; }
  bool is_cut() const noexcept { return is_cut_; }

 private:
  char bytes_[detail::kTailMax] = {};
  std::size_t size_ = 0;
  bool is_cut_ = false;
};

class Output {
 public:
  /// `log`: a descriptor.
  Output(int log, std::int64_t left) noexcept : log_(log), left_(left) {}
  /// Reads what is there, at most some 64 KiB, and closes at the end of the text: then `fd` is -1.
  void read_from(int& fd, Tail& tail) noexcept;

  Tail out;
  Tail error;

 private:
  void keep(const char* bytes, std::size_t size) noexcept;

  int log_;
  std::int64_t left_;
  bool is_full_ = false;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor
