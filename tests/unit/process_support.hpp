// SPDX-License-Identifier: Apache-2.0
/// @file
/// What tests of programs share: a directory with hooks and logs, and whether a process has ended.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "promoflow/process_executor.hpp"
#include "release_support.hpp"

namespace promoflow::test {

namespace fs = std::filesystem;

/// A temporary directory with hooks and logs, and a flow of one step with one onStart hook.
class TestDirectory {
 public:
  TestDirectory() {
    std::string name = (fs::temp_directory_path() / "promoflow-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) { throw std::runtime_error("no directory"); }
    root = name;
    fs::create_directories(root / "hooks" / "promotions");
    script("promotions/default", "true");
    options.directory = (root / "hooks").string();
    options.work_directory = (root / "work").string();
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() {
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }

  void script(const std::string& name, const std::string& body) const {
    const fs::path path = root / "hooks" / name;
    std::ofstream(path) << "#!/bin/sh\n" << body << '\n';
    fs::permissions(path, fs::perms::owner_all);
  }
  std::string read(const std::string& name) const {
    std::ifstream file(root / name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  /// Sorted: two streams have no order between them.
  std::vector<std::string> sorted_lines(const std::string& name) const {
    std::istringstream text(read(name));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) { lines.push_back(line); }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  std::unique_ptr<ProcessExecutor> executor() const {
    return std::move(ProcessExecutor::create(options).value());
  }
  /// Runs one release of a flow whose step has this onStart hook.
  Release run(Hook hook, const RunOptions& running = {}) const {
    FlowBuilder builder("tested", "dev");
    StepOptions step;
    step.hooks.on_start = {std::move(hook)};
    step.policy = {PolicyAction::Commit, "before", "after"};
    builder.step("staging", {"dev"}, step);
    const auto programs = executor();
    Release release =
        std::move(promoflow::run(built(builder), {.id = "r"}, *programs, running).value());
    programs->wait_idle();
    return release;
  }

  fs::path root;
  ProcessOptions options;
};

/// Whether a process that was sent SIGKILL has ended; waits until the kernel has carried it out.
inline bool is_gone(const std::string& pid) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (std::chrono::steady_clock::now() < give_up) {
    std::ifstream stat("/proc/" + pid + "/stat");
    std::string text;
    std::getline(stat, text);
    // A zombie has ended, even if its parent has not reaped it yet.
    if (text.empty() || text.find(") Z ") != std::string::npos) { return true; }
    std::this_thread::yield();
  }
  return false;
}

}  // namespace promoflow::test
