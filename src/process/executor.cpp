// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstdlib>
#include <new>
#include <system_error>

#include "base/guard.hpp"
#include "process/pool.hpp"

namespace promoflow {

namespace {

constexpr std::uint32_t kParallelMax = 1024;
constexpr std::chrono::hours kGraceMax{24};

std::optional<Error> wrong(const char* where, std::string message) {
  return Error{ErrorCode::InvalidArgument, where, std::move(message)};
}

/// A relative path would change its meaning with the working directory.
std::string absolute(const std::string& path) {
  if (path.empty() || path.front() == '/') { return path; }
  char* const current = getcwd(nullptr, 0);
  if (current == nullptr) { return path; }
  std::string result = current;
  free(current);
  return result + '/' + path;
}

std::optional<Error> check(ProcessOptions& options) {
  if (options.work_directory.empty()) {
    return wrong("options.work_directory", "a directory for logs is required");
  }
  if (options.parallel < 1 || options.parallel > kParallelMax) {
    return wrong("options.parallel", "it must be 1 to " + std::to_string(kParallelMax));
  }
  if (options.grace.count() < 0 || options.grace > kGraceMax) {
    return wrong("options.grace", "it must be 0 to 24h");
  }
  options.work_directory = absolute(options.work_directory);
  options.directory = absolute(options.directory);
  if (std::string problem = detail::make_directories(options.work_directory); !problem.empty()) {
    return wrong("options.work_directory", std::move(problem));
  }
  return std::nullopt;
}

tl::unexpected<Error> refused(int error, const char* what) {
  return tl::unexpected(Error{ErrorCode::Internal, "system",
                              std::string(what) + ": " + std::generic_category().message(error)});
}

}  // namespace

Result<std::unique_ptr<detail::Pool>> detail::open_pool(ProcessOptions options) {
  if (auto error = check(options)) { return tl::unexpected(std::move(*error)); }
  Fd reading;
  Fd writing;
  if (!make_pipe(reading, writing)) { return refused(errno, "cannot make a pipe"); }
  std::optional<GuardProcess> guard = GuardProcess::start(options.parallel + 1);
  if (!guard) { return refused(errno, "cannot start the guard process"); }
  return std::make_unique<Pool>(std::move(options), std::move(*guard), std::move(reading),
                                std::move(writing));
}

struct ProcessExecutor::Impl {
  std::unique_ptr<detail::Pool> pool;
};

ProcessExecutor::ProcessExecutor(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
ProcessExecutor::~ProcessExecutor() = default;

Result<std::unique_ptr<ProcessExecutor>> ProcessExecutor::create(ProcessOptions options) noexcept {
  return detail::guarded([&]() -> Result<std::unique_ptr<ProcessExecutor>> {
    auto pool = detail::open_pool(std::move(options));
    if (!pool) { return tl::unexpected(std::move(pool.error())); }
    auto impl = std::make_unique<Impl>(Impl{std::move(*pool)});
    std::unique_ptr<ProcessExecutor> executor(new (std::nothrow) ProcessExecutor(std::move(impl)));
    if (!executor) { return detail::out_of_memory(); }
    return executor;
  });
}

void ProcessExecutor::run_hook(HookCall call, Reply reply) {
  impl_->pool->submit({std::move(call), detail::ReplyTarget(std::move(reply))});
}

void ProcessExecutor::promote(PromotionCall call, Reply reply) {
  impl_->pool->submit({std::move(call), detail::ReplyTarget(std::move(reply))});
}

void ProcessExecutor::cancel(std::string_view release_id, Ticket ticket) {
  impl_->pool->cancel(release_id, ticket);
}

void ProcessExecutor::wait_idle() noexcept { impl_->pool->wait_idle(); }

void ProcessExecutor::kill_all() noexcept { impl_->pool->kill_all(); }

}  // namespace promoflow
