// SPDX-License-Identifier: Apache-2.0
#include "programs.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "promoflow/process_executor.hpp"
#include "promoflow/promoflow.hpp"

extern char** environ;

namespace promoflow::bench {

namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void stop(const char* what) {
  std::fprintf(stderr, "promoflow_engine_bench: %s\n", what);
  std::exit(2);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Waits until the program has opened the pipe and written to it.
SteadyClock::time_point begun(int pipe) {
  char byte = 0;
  if (read(pipe, &byte, 1) != 1) { stop("the pipe of the programs cannot be read"); }
  return SteadyClock::now();
}

double microseconds(SteadyClock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

/// Passes calls on, and notes when each hook was to begin.
class Noting final : public Executor {
 public:
  explicit Noting(Executor& inner) : inner_(&inner) {}
  void run_hook(HookCall call, Reply reply) override {
    called.push_back(SteadyClock::now());
    inner_->run_hook(std::move(call), std::move(reply));
  }
  void promote(PromotionCall call, Reply reply) override {
    inner_->promote(std::move(call), std::move(reply));
  }
  std::vector<SteadyClock::time_point> called{};  ///< Read when the run has returned.

 private:
  Executor* inner_;
};

pid_t spawn(const std::string& program) {
  char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
  pid_t process = 0;
  if (posix_spawn(&process, program.c_str(), nullptr, nullptr, arguments, environ) != 0) {
    stop("a program cannot be started");
  }
  return process;
}

}  // namespace

ProgramStarts measure_program_starts(const fs::path& folder, int count) {
  const fs::path hooks = folder / "hooks";
  fs::create_directories(hooks);
  const std::string pipe_path = (folder / "pipe").string();
  if (mkfifo(pipe_path.c_str(), 0600) != 0) { stop("a pipe cannot be made"); }
  const std::string program = (hooks / "h").string();
  {
    std::FILE* const file = std::fopen(program.c_str(), "w");
    std::fprintf(file, "#!/bin/sh\necho >%s\n", pipe_path.c_str());
    std::fclose(file);
    fs::permissions(program, fs::perms::owner_all);
  }
  const int pipe = open(pipe_path.c_str(), O_RDWR | O_CLOEXEC);

  ProcessOptions options;
  options.directory = hooks.string();
  options.work_directory = (folder / "work").string();
  options.durable = true;
  options.supervisor = PROMOFLOW_SUPERVISOR;
  options.promote_without_program = true;
  auto made = ProcessExecutor::create(std::move(options));
  if (!made) { stop(made.error().message.c_str()); }

  constexpr int kHooks = 20;  // Of a release: its directory is made once.
  FlowBuilder builder("programs", "dev");
  FlowOptions flow_options;
  flow_options.hooks.on_start.assign(kHooks, Hook{.name = "h"});
  const auto report = builder.options(flow_options).step("staging", {"dev"}).build();
  if (!report || !report->flow) { stop("the flow of the programs is wrong"); }
  std::vector<double> direct;
  std::vector<double> supervised;
  for (int i = 0; i < count / kHooks; ++i) {
    for (int n = 0; n < kHooks; ++n) {
      const auto called = SteadyClock::now();
      const pid_t process = spawn(program);
      direct.push_back(microseconds(begun(pipe) - called));
      waitpid(process, nullptr, 0);
    }
    Noting executor(**made);
    std::vector<SteadyClock::time_point> began;
    std::thread host([&] {
      const auto release =
          promoflow::run(*report->flow, {.id = "r-" + std::to_string(i)}, executor);
      if (!release) { stop(release.error().message.c_str()); }
    });
    for (int n = 0; n < kHooks; ++n) { began.push_back(begun(pipe)); }
    host.join();
    for (int n = 0; n < kHooks; ++n) {
      const auto index = static_cast<std::size_t>(n);
      supervised.push_back(microseconds(began[index] - executor.called[index]));
    }
  }
  close(pipe);
  return {median(direct), median(supervised)};
}

}  // namespace promoflow::bench
