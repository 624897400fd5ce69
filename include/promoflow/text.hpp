// SPDX-License-Identifier: Apache-2.0
/// @file
/// How texts are read: their formats, and bounds against hostile ones.
#pragma once

#include <cstddef>
#include <cstdint>

namespace promoflow {

/// Bounds against hostile input (M7). Past one of them: the diagnostic `limit-exceeded`.
struct TextLimits {
  std::size_t text_bytes_max = std::size_t{64} << 20;  ///< Of the whole text.
  std::uint32_t depth_max = 64;                        ///< Of nested mappings and sequences.
  std::size_t nodes_max = std::size_t{16} << 20;       ///< After aliases are expanded.
  std::size_t name_bytes_max = std::size_t{64} << 10;  ///< Of a key, or of anything named.
  std::size_t diagnostics_max = 1000;                  ///< Further ones are counted, not listed.
};

/// How a text is written. Auto: JSON if it begins like a JSON object, else YAML.
enum class TextFormat : std::int32_t { Auto = 0, Yaml = 1, Json = 2 };

/// How manifests and scenarios are read.
struct ReadOptions {
  TextFormat format = TextFormat::Auto;
  TextLimits limits{};
};

}  // namespace promoflow
