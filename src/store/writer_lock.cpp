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

#ifdef __linux__
#include <sys/vfs.h>
#endif

#include "store/sqlite.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::chrono::microseconds kFirstPause{100};  // Doubles.
constexpr std::chrono::microseconds kMostPause{5000};

[[noreturn]] void fail(const std::string& path, const char* what) {
  throw StoreFault({ErrorCode::StoreFailed, path, fmt::format("{}: {}", what, strerror(errno))});
}

}  // namespace

WriterLock::WriterLock(const std::string& path, std::chrono::milliseconds patience)
    : path_(path), patience_(patience) {
  if (path.empty()) { return; }
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (file_ < 0) { fail(path_, "cannot open the file that keeps writers apart"); }
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
    if (errno != EWOULDBLOCK) { fail(path_, "cannot lock it"); }
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

void refuse_network_file_system(const std::string& path) {
#ifdef __linux__
  struct Network {
    long magic;
    const char* name;
  };
  constexpr Network kNetworks[] = {
      {0x6969, "NFS"},      {0x517b, "SMB"},      {0xff534d42, "CIFS"},   {0xfe534d42, "SMB"},
      {0x5346414f, "AFS"},  {0x00c36400, "Ceph"}, {0x0bd00bd0, "Lustre"}, {0x73757245, "Coda"},
      {0x47504653, "GPFS"}, {0x01161970, "GFS2"}, {0x7461636f, "OCFS2"},  {0x19830326, "BeeGFS"},
  };
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "."
                                : slash == 0               ? "/"
                                                           : path.substr(0, slash);
  struct statfs about {};
  if (statfs(directory.c_str(), &about) != 0) {
    throw StoreFault({ErrorCode::InvalidArgument, path,
                      fmt::format("{}: {}; make the directory first", directory, strerror(errno))});
  }
  for (const Network& network : kNetworks) {
    if (static_cast<unsigned long>(about.f_type) == static_cast<unsigned long>(network.magic)) {
      throw StoreFault({ErrorCode::InvalidArgument, path,
                        fmt::format("{} is on {}, a network file system, whose locks SQLite cannot "
                                    "rely on; put the store on a local disk",
                                    directory, network.name)});
    }
  }
#else
  static_cast<void>(path);
#endif
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
