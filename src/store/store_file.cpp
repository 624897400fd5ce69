// SPDX-License-Identifier: Apache-2.0
#include "store/store_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#ifdef __linux__
#include <sys/vfs.h>
#endif

#include "store/schema.hpp"
#include "store/sqlite.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

namespace fs = std::filesystem;

constexpr int kLinksMax = 40;             // As many as the system follows.
constexpr std::size_t kHeaderBytes = 72;  // Of SQLite's file format: up to the application's mark.
constexpr std::size_t kMarkAt = 68;
constexpr std::string_view kMagic("SQLite format 3\0", 16);

[[noreturn]] void refuse(ErrorCode code, const std::string& path, std::string message) {
  throw StoreFault({code, path, std::move(message)});
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

/// What is at the path if it is no regular file; empty: it is one, or nothing is there.
std::string_view other_kind(const std::string& path, const struct stat& found) {
  if (S_ISREG(found.st_mode)) { return {}; }
  if (S_ISDIR(found.st_mode)) {
    refuse(ErrorCode::InvalidArgument, path, "it is a directory; name a file in it");
  }
  if (S_ISFIFO(found.st_mode)) { return "FIFO"; }
  if (S_ISSOCK(found.st_mode)) { return "socket"; }
  return "device";
}

bool has_journal(const std::string& path) {
  struct stat found {};
  return stat((path + "-journal").c_str(), &found) == 0;
}

/// Where a store was being made when its process was killed, SQLite brings the file back first.
void check_header(const std::string& path) {
  char header[kHeaderBytes];
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) { return; }  // SQLite says why.
  const ssize_t size = pread(file, header, sizeof header, 0);
  close(file);
  if (size <= 0 || has_journal(path)) { return; }
  const std::string_view text(header, static_cast<std::size_t>(size));
  if (!text.starts_with(kMagic.substr(0, text.size())) || text.size() < sizeof header) {
    refuse(ErrorCode::StoreForeign, path,
           "file is not a database, so it is no promoflow store; name another file");
  }
  std::int64_t mark = 0;
  for (std::size_t i = kMarkAt; i < kHeaderBytes; ++i) {
    mark = mark << 8U | static_cast<unsigned char>(text[i]);
  }
  if (mark != kApplicationId) {
    refuse(ErrorCode::StoreForeign, path,
           "this is no promoflow store: it is an SQLite database of another program; name another "
           "file");
  }
}

}  // namespace

std::string resolved_path(const std::string& path) {
  fs::path place(path);
  std::error_code error;
  for (int links = 0; fs::is_symlink(fs::symlink_status(place, error)); ++links) {
    if (links == kLinksMax) {
      refuse(ErrorCode::InvalidArgument, path,
             "its symbolic links lead to one another; name a file");
    }
    const fs::path target = fs::read_symlink(place, error);
    if (error) { refuse(ErrorCode::InvalidArgument, path, error.message()); }
    place = place.parent_path() / target;  // The target alone, if it is absolute.
  }
  const fs::path parent = place.has_parent_path() ? place.parent_path() : fs::path(".");
  const fs::path directory = fs::canonical(parent, error);
  if (error) { return place.string(); }  // There is none: who opens it says so.
  return (directory / place.filename()).string();
}

void check_beside(const std::string& path) {
  // Of a store that can't be written itself SQLite says so.
  if (access(path.c_str(), F_OK) == 0 && access(path.c_str(), W_OK) != 0) { return; }
  for (const char* const ending : {"-shm", "-wal", "-journal"}) {
    const std::string file = path + ending;
    struct stat found {};
    if (lstat(file.c_str(), &found) != 0) { continue; }
    if (!S_ISREG(found.st_mode)) {
      refuse(ErrorCode::InvalidArgument, path,
             fmt::format("what is at {}, where SQLite keeps a file of its own, is none; remove it",
                         file));
    }
    if (access(file.c_str(), R_OK | W_OK) != 0) {
      refuse(ErrorCode::StoreFailed, path,
             fmt::format("it cannot be written, for {} cannot be: {}; make that writable, too",
                         file, strerror(errno)));
    }
  }
}

void check_store_file(const std::string& path, StoreAccess access) {
  refuse_network_file_system(path);
  if (access == StoreAccess::Drive) { check_beside(path); }
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) { return; }  // It is to be made, or SQLite says why not.
  if (const std::string_view kind = other_kind(path, found); !kind.empty()) {
    refuse(ErrorCode::InvalidArgument, path,
           fmt::format("it is a {}, not a regular file; name a file", kind));
  }
  if (found.st_size == 0 && access == StoreAccess::Ask && !has_journal(path)) {
    refuse(ErrorCode::StoreForeign, path,
           "this is no promoflow store: it is empty; name another file");
  }
  check_header(path);
  if (found.st_nlink > 1) {
    refuse(
        ErrorCode::InvalidArgument, path,
        fmt::format("it has {} names (hard links), and SQLite keeps what was written last beside "
                    "one of them, where the others do not see it; remove the others, and make "
                    "symbolic links or copies",
                    found.st_nlink));
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
