// SPDX-License-Identifier: Apache-2.0
/// @file
/// SHA-256 (FIPS 180-4), for the hash chain of a release's events. Nothing secret is hashed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Hashes what is added, in order.
class Sha256 {
 public:
  void add(std::string_view bytes) noexcept;
  void add(std::uint64_t number) noexcept;  ///< As eight bytes, the most significant first.
  /// The hash as 64 lower-case hexadecimal digits. Nothing may be added afterwards.
  std::string finish();

 private:
  void add_block(const unsigned char* block) noexcept;

  static constexpr std::size_t kBlockSize = 64;
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, kBlockSize> pending_{};
  std::uint64_t size_ = 0;  ///< Of all that was added, in bytes.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
