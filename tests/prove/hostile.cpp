// SPDX-License-Identifier: Apache-2.0
// Each reading is measured in a process of its own: the time of its processor, and its memory.
#include "hostile.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <variant>
#include <vector>

#include "promises.hpp"
#include "promoflow/promoflow.hpp"
#if defined(PROMOFLOW_PROVE_ARGO)
#include "promoflow/argo_executor.hpp"
#endif
#if defined(PROMOFLOW_PROVE_PROCESS)
#include "promoflow/process_executor.hpp"
#endif

namespace promoflow::prove {

namespace {

constexpr double kExponentMax = 1.2;
constexpr std::size_t kMemoryMax = 200'000'000;
// The promise of one second is that of the library as it is shipped.
#ifdef NDEBUG
constexpr double kSecondsMax = 1.0;
#else
constexpr double kSecondsMax = INFINITY;
#endif
/// Texts are first made larger until one takes so long, so that what is constant does not count.
constexpr double kSecondsMin = 0.004;
constexpr std::size_t kBytesMin = std::size_t{64} << 10;  // More than libyaml reads at once.
constexpr std::size_t kBytesMax = std::size_t{4} << 20;
constexpr std::size_t kExportBytesMax = std::size_t{1} << 18;  // Four times as many are read.
constexpr int kReadings = 5;                                   // The median counts.
constexpr int kTrials = 6;                                     // The least exponent counts.

struct Cost {
  double seconds = 0;
  std::size_t bytes = 0;
};

Flow small_flow() {
  FlowBuilder builder("small", "dev");
  StepOptions options;
  options.hooks.on_start.push_back({.name = "announce"});
  builder.step("production", {"dev"}, options);
  return *builder.build()->flow;
}

void print(const std::vector<Diagnostic>& diagnostics, std::string_view text) {
  const DiagnosticSource source{.file = "hostile", .text = text};
  for (const auto format : {DiagnosticFormat::Text, DiagnosticFormat::Json}) {
    if (!format_diagnostics(diagnostics, source, format)) { _exit(3); }
  }
}

void read_yaml(std::string_view text) {
  if (const auto report = read_manifest(text)) { print(report->diagnostics, text); }
}

void read_by_scenario(std::string_view text) {
  const Flow flow = small_flow();
  if (const auto report = read_scenario(text, &flow)) { print(report->diagnostics, text); }
}

void read_by_configuration(std::string_view text) {
  const std::vector<DiagnosticSource> files{{.file = "hostile", .text = text}};
  const auto report = read_configuration(files);
  if (!report) { return; }
  for (const auto format : {DiagnosticFormat::Text, DiagnosticFormat::Json}) {
    if (!format_diagnostics(report->diagnostics, files, format)) { _exit(3); }
  }
}

void read_by_properties(std::string_view text) {
  if (const auto report = read_properties(text, small_flow())) { print(report->diagnostics, text); }
}

void read_by_applications(std::string_view text) {
#if defined(PROMOFLOW_PROVE_ARGO)
  if (const auto report = read_argo_applications(text)) { print(report->diagnostics, text); }
#else
  static_cast<void>(text);
#endif
}

void read_by_commands(std::string_view text) {
#if defined(PROMOFLOW_PROVE_PROCESS)
  if (const auto report = read_process_commands(text)) { print(report->diagnostics, text); }
#else
  static_cast<void>(text);
#endif
}

void read_export(std::string_view text) {
  auto release = Release::start(small_flow(), {.id = "r"}, Instant{});
  while (auto command = release->next_command()) {
    if (const auto* run = std::get_if<RunHook>(&*command)) {
      static_cast<void>(release->apply({Instant{}, HookSucceeded{run->ticket, text}}));
      return;
    }
    const Ticket ticket = std::get<Promote>(*command).ticket;
    static_cast<void>(release->apply({Instant{}, PromotionSucceeded{ticket}}));
  }
}

void simulate_exports(std::string_view text) {
  constexpr std::size_t kBytesOfHook = 256;
  StepOptions options;
  options.hooks.on_start.assign(text.size() / kBytesOfHook,
                                {.name = "h", .on_error = OnError::Ignore});
  FlowBuilder builder("simulated", "dev");
  builder.step("production", {"dev"}, options);
  Outcome rule;
  rule.hook = "h";
  rule.context = std::string(text);
  Scenario scenario;
  scenario.outcomes.push_back(rule);
  if (!simulate(*builder.build()->flow, scenario)) { _exit(3); }
}

void build(std::string_view text) {
  std::vector<std::string_view> names;
  while (!text.empty()) {
    const std::size_t size = text.find(',');
    names.push_back(text.substr(0, size));
    text.remove_prefix(size + 1);
  }
  FlowBuilder builder("built", "dev");
  builder.step("production", names);
  const auto report = builder.build();
  if (report->diagnostics.size() > TextLimits{}.diagnostics_max * 2 + 1) { _exit(3); }
}

using Read = void (*)(std::string_view);

std::vector<Read> readers_of(Reader reader) {
  switch (reader) {
    case Reader::Yaml:
      return {read_yaml,          read_by_scenario,     read_by_configuration,
              read_by_properties, read_by_applications, read_by_commands};
    case Reader::Json: return {read_yaml, read_by_scenario};
    case Reader::Export: return {read_export};
    case Reader::Snapshot:
      return {
          [](std::string_view text) { static_cast<void>(Release::restore(small_flow(), text)); }};
    case Reader::Event:
      return {[](std::string_view text) { static_cast<void>(StoredEvent::read(text)); }};
    case Reader::Builder: return {build};
    case Reader::Simulation: return {simulate_exports};
  }
  return {};
}

/// Reads the text in a process that is forked for it.
Cost measured(const Shape& shape, Read read, const std::string& text) {
  int ends[2];
  if (pipe(ends) != 0) { throw Broken("no pipe"); }
  const pid_t child = fork();
  if (child < 0) { throw Broken("no process"); }
  if (child == 0) {
    const std::clock_t begin = std::clock();
    read(text);
    const std::clock_t took = std::clock() - begin;
    _exit(write(ends[1], &took, sizeof took) == sizeof took ? 0 : 1);
  }
  close(ends[1]);
  std::clock_t took = 0;
  const bool answered = ::read(ends[0], &took, sizeof took) == sizeof took;
  close(ends[0]);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  if (!answered || status != 0) {
    throw Broken(std::string(shape.name) + ": the reader ended with " + std::to_string(status));
  }
  return {static_cast<double>(took) / CLOCKS_PER_SEC,
          static_cast<std::size_t>(usage.ru_maxrss) * 1024};
}

class Measuring {
 public:
  explicit Measuring(const Shape& shape, HostileCounts& counts) : shape_(shape), counts_(counts) {}

  /// The exponent of time when the size is doubled twice: the least of several trials, for
  /// other programs may run beside.
  double exponent(Read read) {
    const bool is_export = shape_.reader == Reader::Export || shape_.reader == Reader::Simulation;
    const std::size_t most = is_export ? kExportBytesMax : kBytesMax;
    std::size_t bytes = kBytesMin;
    std::string text = shape_.text(bytes);
    while (bytes < most && one(read, text) < kSecondsMin) { text = shape_.text(bytes *= 2); }
    const std::string larger = shape_.text(4 * bytes);
    double least = INFINITY;
    for (int trial = 0; trial < kTrials && least >= kExponentMax; ++trial) {
      const double small = std::max(median(read, text), kSecondsMin / 4);
      least = std::min(least, std::log2(median(read, larger) / small) / 2);
    }
    return least;
  }

  double one(Read read, const std::string& text) {
    const Cost cost = measured(shape_, read, text);
    memory = std::max(memory, cost.bytes);
    ++counts_.readings;
    return cost.seconds;
  }

  std::size_t memory = 0;

 private:
  double median(Read read, const std::string& text) {
    double seconds[kReadings];
    for (double& taken : seconds) { taken = one(read, text); }
    std::nth_element(seconds, seconds + kReadings / 2, seconds + kReadings);
    return seconds[kReadings / 2];
  }

  const Shape& shape_;
  HostileCounts& counts_;
};

}  // namespace

HostileCounts hostile(bool print_each) {
  HostileCounts counts;
  for (const Shape& shape : hostile_shapes()) {
    Measuring measuring(shape, counts);
    double exponent = 0;
    for (const Read read : readers_of(shape.reader)) {
      exponent = std::max(exponent, measuring.exponent(read));
    }
    // As large as a text may be. Snapshots and events are the library's own, as large as releases.
    double whole = 0;
    if (shape.reader == Reader::Yaml || shape.reader == Reader::Json) {
      const std::string text = shape.text(TextLimits{}.text_bytes_max - 64);
      whole = measuring.one(read_yaml, text);
      // Other programs may run beside: the least of some readings counts.
      for (int i = 1; i < kReadings && whole > kSecondsMax; ++i) {
        whole = std::min(whole, measuring.one(read_yaml, text));
      }
    }
    ++counts.shapes;
    counts.exponent_max = std::max(counts.exponent_max, exponent);
    counts.seconds_max = std::max(counts.seconds_max, whole);
    if (shape.reader != Reader::Snapshot && shape.reader != Reader::Event) {
      counts.memory_max = std::max(counts.memory_max, measuring.memory);
    } else {
      measuring.memory = 0;
    }
    char line[256];
    std::snprintf(line, sizeof line, "%-48s exponent %5.2f, largest %6.2f s, %4zu MB", shape.name,
                  exponent, whole, measuring.memory / 1'000'000);
    if (print_each) { std::printf("%s\n", line); }
    if (exponent >= kExponentMax || measuring.memory > kMemoryMax || whole > kSecondsMax) {
      throw Broken(line);
    }
  }
  return counts;
}

}  // namespace promoflow::prove
