// SPDX-License-Identifier: Apache-2.0
// The time and the memory of every reader, for each byte of its text. The first byte chooses the
// reader; the rest is repeated, so that what is worse than linear shows.
#include <algorithm>
#include <ctime>
#include <string>

#include "fuzz.hpp"

extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*,
                                                                  std::size_t),
                                                         void (*)(const volatile void*));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void* memory);

using namespace promoflow;
using namespace promoflow::fuzz;

namespace {

constexpr std::size_t kTextMax = std::size_t{1} << 20;
/// Bounds for a build with sanitizers: what is constant, and what each byte may add.
constexpr double kSeconds = 1.0;
constexpr double kSecondsPerByte = 10e-6;
constexpr std::size_t kBytes = std::size_t{32} << 20;
constexpr std::size_t kBytesPerByte = 256;

std::size_t g_live = 0;
std::size_t g_peak = 0;

void allocated(const volatile void*, std::size_t size) {
  g_live += size;
  g_peak = std::max(g_peak, g_live);
}

void freed(const volatile void* memory) {
  const std::size_t size = memory == nullptr ? 0 : __sanitizer_get_allocated_size(memory);
  g_live -= std::min(g_live, size);
}

void print(const std::vector<Diagnostic>& diagnostics, std::string_view text) {
  const DiagnosticSource source{.file = "fuzzed", .text = text};
  expect(format_diagnostics(diagnostics, source, DiagnosticFormat::Text).has_value(),
         "diagnostics can be printed");
}

void read(unsigned reader, std::string_view text) {
  switch (reader % 5) {
    case 0: print(read_manifest(text)->diagnostics, text); break;
    case 1: print(read_scenario(text, &sample_flow())->diagnostics, text); break;
    case 2: static_cast<void>(Release::restore(sample_flow(), text)); break;
    case 3: static_cast<void>(StoredEvent::read(text)); break;
    default: print(read_manifest(text, {.format = TextFormat::Json})->diagnostics, text); break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int hooked = __sanitizer_install_malloc_and_free_hooks(allocated, freed);
  static_cast<void>(hooked);
  if (size < 2) { return 0; }
  const std::string_view part = text_of(data + 1, size - 1);
  const std::size_t bytes = std::min(kTextMax, std::size_t{1} << (8 + data[0] / 5 % 13));
  std::string text;
  while (text.size() < bytes) { text += part; }
  g_live = g_peak = 0;
  const std::clock_t begin = std::clock();
  read(data[0], text);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  expect(seconds < kSeconds + kSecondsPerByte * static_cast<double>(text.size()),
         "time is bounded for each byte");
  expect(g_peak < kBytes + kBytesPerByte * text.size(), "memory is bounded for each byte");
  return 0;
}
