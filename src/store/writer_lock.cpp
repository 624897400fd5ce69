// SPDX-License-Identifier: Apache-2.0
#include "store/writer_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "store/sqlite.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::chrono::microseconds kFirstPause{100};  // Doubles.
constexpr std::chrono::microseconds kMostPause{5000};

[[noreturn]] void fail(const std::string& path, const char* what) {
  throw StoreFault(
      {ErrorCode::StoreFailed, path, fmt::format("{} {}: {}", what, path, strerror(errno))});
}

}  // namespace

WriterLock::WriterLock(const std::string& path, StoreAccess access,
                       std::chrono::milliseconds patience)
    : path_(path), patience_(patience) {
  if (path.empty()) { return; }
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (file_ >= 0) { return; }
  const bool may_not = errno == EACCES || errno == EPERM || errno == EROFS;
  if (access == StoreAccess::Drive || !may_not) {
    fail(path_, "cannot open the file that keeps writers apart,");
  }
}

WriterLock::~WriterLock() {
  if (file_ >= 0) { close(file_); }
}

void WriterLock::lock() {
  if (file_ < 0) { return; }
  using std::chrono::steady_clock;
  // A process that was stopped while it writes would keep all others waiting for ever, so this is
  // no call that blocks.
  std::chrono::microseconds pause = kFirstPause;
  const auto begin = steady_clock::now();
  while (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) { continue; }
    if (errno != EWOULDBLOCK) { fail(path_, "cannot lock"); }
    if (steady_clock::now() - begin >= patience_) {
      throw StoreFault({ErrorCode::StoreFailed, path_,
                        fmt::format("another process has been writing for {} ms; if it is stopped, "
                                    "let it go on or kill it (`fuser` names it)",
                                    patience_.count())});
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kMostPause);
  }
}

void WriterLock::unlock() noexcept {
  if (file_ >= 0) { flock(file_, LOCK_UN); }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
