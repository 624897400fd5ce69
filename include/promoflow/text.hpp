// SPDX-License-Identifier: Apache-2.0
/// @file
/// How texts are read: their formats, and bounds against hostile ones.
#pragma once

#include <cstddef>
#include <cstdint>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// Bounds against hostile input (M7). Past one of them: the diagnostic `limit-exceeded`. With the
/// defaults every text is answered within about a second of one core and 200 MB, its own included.
struct TextLimits {
  std::size_t text_bytes_max = std::size_t{64} << 20;   ///< Of the whole text.
  std::uint32_t depth_max = 64;                         ///< Of nested mappings and sequences.
  std::size_t nodes_max = std::size_t{16} << 20;        ///< After aliases are expanded.
  std::size_t name_bytes_max = std::size_t{64} << 10;   ///< Of a key, or of anything named.
  std::size_t diagnostics_max = 1000;                   ///< Further ones are counted, not listed.
  std::size_t value_bytes_max = std::size_t{16} << 20;  ///< Of one value or one comment.
  /// Of the work to read a text: 1 for each value after aliases are expanded, 1 for each 16 bytes
  /// of its text, 2 for each document, 8 for each hook, 16 for each step with more than
  /// dependencies.
  std::size_t work_max = 1'500'000;
};

/// How a text is written. Auto: JSON if it begins like a JSON object, else YAML.
enum class TextFormat : std::int32_t { Auto = 0, Yaml = 1, Json = 2 };

/// How manifests and scenarios are read.
struct ReadOptions {
  TextFormat format = TextFormat::Auto;
  TextLimits limits{};
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
