// SPDX-License-Identifier: Apache-2.0
/// @file
/// Hostile shapes: the time of every reader grows no faster than its text, and its memory is
/// bounded. Shapes are in hostile_shapes.cpp, the measuring is in hostile.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace promoflow::prove {

/// Who reads a shape. YAML shapes are read by all that read YAML. Simulation: a flow with a hook
/// for each 256 bytes, all of which export the text.
enum class Reader { Yaml, Json, Export, Snapshot, Event, Builder, Simulation };

struct Shape {
  const char* name;
  Reader reader;
  std::string (*text)(std::size_t bytes);  ///< About so many bytes.
};

std::span<const Shape> hostile_shapes();

/// What was measured: printed by promoflow_prove, one line each.
struct HostileCounts {
  std::uint64_t shapes = 0;
  std::uint64_t readings = 0;
  double exponent_max = 0;
  double seconds_max = 0;      ///< Of the processor, for a text as large as it may be.
  std::size_t memory_max = 0;  ///< Bytes.
};

/// Doubles the size of each shape twice, and reads each also as large as it may be. Throws
/// Broken, whose text names the shape, if its time grows with more than the power of 1.2, its
/// memory beyond 200 MB or, in an optimised build, the time of the largest text beyond 1 s.
/// `print`: prints the figures of each shape.
HostileCounts hostile(bool print);

}  // namespace promoflow::prove
