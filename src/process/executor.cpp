// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstdlib>
#include <new>
#include <system_error>

#include "base/guard.hpp"
#include "process/escaped.hpp"
#include "process/pool.hpp"
#include "process/supervision.hpp"
#include "process/supervisor_protocol.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

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
  options.supervisor = absolute(options.supervisor);
  options.work_directory = absolute(options.work_directory);
  options.directory = absolute(options.directory);
  for (const std::string& name : options.export_variables) {
    if (detail::may_be_exported(name)) { continue; }
    return wrong(
        "options.export_variables",
        "'" + name + "' " +
            (detail::is_variable_name(name) ? "decides which code programs run; they have it as "
                                              "PROMOFLOW_CONTEXT_" +
                                                  name
                                            : "cannot be the name of a variable"));
  }
  return std::nullopt;
}

/// What the environments of an executor's programs have in common, and those of no other.
std::string make_mark() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return std::string(detail::kMarkName) + '=' + std::to_string(getpid()) + '-' +
         std::to_string(now) + '.';
}

tl::unexpected<Error> refused(int error, const char* what) {
  std::string text = std::string(what) + ": " + std::generic_category().message(error);
  if (error == EAGAIN) { text += "; raise the limit of processes ('ulimit -u')"; }
  if (error == EMFILE) { text += "; raise the limit of open files ('ulimit -n')"; }
  return tl::unexpected(Error{ErrorCode::Internal, "system", std::move(text)});
}

Result<std::string> supervisor_of(const ProcessOptions& options) {
  std::string path = options.supervisor.empty() ? detail::find_supervisor() : options.supervisor;
  if (!path.empty() && access(path.c_str(), X_OK) == 0) { return path; }
  const int error = errno;
  return tl::unexpected(*wrong(
      "options.supervisor",
      path.empty()
          ? std::string(detail::kSupervisorName) +
                " is neither beside this program nor where it was installed; install it, or name it"
          : path + ": " + std::generic_category().message(error)));
}

}  // namespace

Result<std::unique_ptr<detail::Pool>> detail::open_pool(ProcessOptions options) {
  if (auto error = check(options)) { return tl::unexpected(std::move(*error)); }
  WorkDirectory work;
  if (Problem problem = work.open(options.work_directory)) {
    return tl::unexpected(
        Error{ErrorCode::InvalidArgument, "options.work_directory", std::move(problem.text)});
  }
  Fd reading;
  Fd writing;
  if (!make_pipe(reading, writing)) { return refused(errno, "cannot make a pipe"); }
  PoolParts parts{.work = std::move(work),
                  .wake_reading = std::move(reading),
                  .wake_writing = std::move(writing),
                  .mark = make_mark()};
  if (options.durable) {
    Result<std::string> supervisor = supervisor_of(options);
    if (!supervisor) { return tl::unexpected(std::move(supervisor.error())); }
    parts.supervisor = std::move(*supervisor);
  } else {
    std::optional<GuardProcess> guard = GuardProcess::start(options.parallel + 1, parts.mark);
    if (!guard) { return refused(errno, "cannot start the guard process"); }
    parts.guard.emplace(std::move(*guard));
  }
  return std::make_unique<Pool>(std::move(options), std::move(parts));
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
  impl_->pool->submit({std::move(call), reply});
}

void ProcessExecutor::promote(PromotionCall call, Reply reply) {
  impl_->pool->submit({std::move(call), reply});
}

void ProcessExecutor::cancel(std::string_view release_id, Ticket ticket) {
  impl_->pool->cancel(release_id, ticket);
}

ExecutorReports ProcessExecutor::reports() const noexcept {
  return {.stopped = true, .started = true, .survives = impl_->pool->is_durable()};
}

std::string ProcessExecutor::reference(std::string_view release_id, Ticket ticket,
                                       std::uint32_t /*attempt*/) {
  return impl_->pool->is_durable() ? impl_->pool->reference(release_id, ticket) : std::string();
}

Recovery ProcessExecutor::recover(const HookCall& call, std::string_view reference,
                                  const Reply& reply) {
  if (!impl_->pool->is_durable()) { return Recovery::Lost; }
  return impl_->pool->recover(call, reference, reply);
}

Recovery ProcessExecutor::recover(const PromotionCall& call, std::string_view reference,
                                  const Reply& reply) {
  if (!impl_->pool->is_durable()) { return Recovery::Lost; }
  return impl_->pool->recover(call, reference, reply);
}

bool ProcessExecutor::recover_cancelled(std::string_view release_id, Ticket ticket,
                                        std::string_view reference, const Reply& reply) {
  return impl_->pool->is_durable() &&
         impl_->pool->recover_cancelled(release_id, ticket, reference, reply);
}

void ProcessExecutor::settled(std::string_view release_id, Ticket ticket) noexcept {
  impl_->pool->forget(release_id, ticket);
}

void ProcessExecutor::hold(bool wait) noexcept { impl_->pool->hold(wait); }

void ProcessExecutor::wait_idle() noexcept { impl_->pool->wait_idle(); }

void ProcessExecutor::kill_all() noexcept { impl_->pool->kill_all(); }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
