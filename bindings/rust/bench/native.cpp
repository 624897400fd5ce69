// SPDX-License-Identifier: Apache-2.0
// The C++ half of the benchmark: prints the processor time of each round in nanoseconds.
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <promoflow/promoflow.hpp>
#include <string>
#include <string_view>

namespace {

double processor_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// One simulation to warm up, one that counts, as in Rust.
int simulate(const promoflow::Flow& flow) {
  double took = 0;
  for (int round = 0; round < 2; ++round) {
    const double begin = processor_time();
    const bool fine =
        promoflow::simulate(flow, {}).value().status() == promoflow::ReleaseStatus::Succeeded;
    took = processor_time() - begin;
    if (!fine) { return 1; }
  }
  std::cout << static_cast<long long>(took) << "\n";
  return 0;
}

promoflow::ReleaseInfo info() {
  promoflow::ReleaseInfo made;
  made.id = "r-42";
  made.url = "https://x/r-42";
  made.product = "billing";
  made.version = "1.4.0";
  made.commit_sha = "3f2a91c";
  return made;
}

constexpr std::string_view kContext =
    R"({"JIRA":"ABC-1","CHANNEL":"#ops","OWNER":"billing","TRIES":3,"SITES":["a","b"]})";

int events(const promoflow::Flow& flow) {
  constexpr std::uint64_t kHooks = 20'000;
  const promoflow::Instant at{};
  std::size_t bytes = 0;
  for (int round = 0; round < 15; ++round) {
    auto release = promoflow::Release::start(flow, info(), at, kContext).value();
    auto first = release.next_command();
    auto ticket = std::get<promoflow::RunHook>(*first).ticket;
    const double begin = processor_time();
    while (static_cast<std::uint64_t>(ticket) < kHooks) {
      if (!release.apply({at, promoflow::HookSucceeded{ticket}})) { return 1; }
      while (auto command = release.next_command()) {
        const auto* hook = std::get_if<promoflow::RunHook>(&*command);
        if (hook == nullptr) { continue; }
        ticket = hook->ticket;
        for (const auto& argument : hook->arguments) {
          bytes += argument.name.size() + argument.value.size();
        }
      }
    }
    std::cout << static_cast<long long>((processor_time() - begin) / (kHooks - 1)) << "\n";
  }
  return bytes == 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) { return 2; }
  std::ifstream file(argv[2]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  promoflow::ReadOptions options;
  const promoflow::Flow flow = promoflow::load_flow(text, options).value();
  return std::string(argv[1]) == "event" ? events(flow) : simulate(flow);
}
