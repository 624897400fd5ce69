// SPDX-License-Identifier: Apache-2.0
#include "cli/run_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "cli/output.hpp"
#include "process/launch.hpp"

namespace promoflow::cli {
namespace {

constexpr std::size_t kOwnerBytesMax = 256;
constexpr int kIdsTriedMax = 1000;

std::string reason(int error) { return std::generic_category().message(error); }

/// `process 4711 on build-7 since 2026-11-28T09:22:13Z`.
std::string self() {
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) != 0) { host[0] = '\0'; }
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char since[32] = "";
  (void)std::strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return "process " + std::to_string(getpid()) + " on " + host + " since " + since;
}

std::string read_owner(int fd) {
  char text[kOwnerBytesMax];
  const ssize_t got = pread(fd, text, sizeof text, 0);
  std::string owner(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  owner.resize(std::min(owner.find('\n'), owner.size()));
  return owner.empty() ? "another process" : owner;
}

/// Whether the path still names the file: the owner before may have removed it.
bool is_still_there(int fd, const std::string& path) {
  struct stat own {};
  struct stat found {};
  return fstat(fd, &own) == 0 && lstat(path.c_str(), &found) == 0 && own.st_ino == found.st_ino &&
         own.st_dev == found.st_dev;
}

bool is_regular(int fd) {
  struct stat found {};
  return fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
}

}  // namespace

std::string make_directories(const std::string& path) {
  const mode_t before = umask(077);  // No other thread makes files yet.
  std::error_code error;
  std::filesystem::create_directories(path, error);
  umask(before);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) { return {}; }
  return error ? "cannot make the directory " + path + ": " + error.message()
               : path + " is not a directory";
}

std::string why_no_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::path at = std::filesystem::absolute(path, error).lexically_normal();
  while (!std::filesystem::exists(at, error) && at.has_relative_path()) { at = at.parent_path(); }
  if (!std::filesystem::is_directory(at, error)) { return at.string() + " is not a directory"; }
  if (access(at.c_str(), W_OK | X_OK) == 0) { return {}; }
  return "nothing can be made in the directory " + at.string() + ": " + reason(errno);
}

std::string why_no_release(const std::string& work_directory, const std::string& release_id) {
  const std::string directory = detail::release_directory(work_directory, release_id);
  struct stat found {};
  if (lstat(directory.c_str(), &found) != 0) { return why_no_directory(work_directory); }
  if (!S_ISDIR(found.st_mode)) { return directory + " is not a directory"; }
  const std::string problem = why_no_directory(directory);
  const std::string lock = directory + "/lock";
  if (!problem.empty() || lstat(lock.c_str(), &found) != 0) { return problem; }
  if (!S_ISREG(found.st_mode)) { return "cannot open " + lock + ": it is not a file"; }
  const bool opens = access(lock.c_str(), R_OK | W_OK) == 0;
  return opens ? std::string() : "cannot open " + lock + ": " + reason(errno);
}

WorkDirectory::~WorkDirectory() {
  if (lock_fd_ >= 0) {
    unlink(lock_path_.c_str());  // While it is locked: another process sees that it is gone.
    if (!closed_) { rmdir(detail::release_directory(path_, release_id_).c_str()); }
    ::close(lock_fd_);
  }
  if (temporary_ && !closed_) { rmdir(path_.c_str()); }
}

Exit WorkDirectory::open(const std::string& given, bool lasting) {
  path_ = given;
  lasting_ = lasting;
  if (!given.empty()) {
    const std::string problem = make_directories(given);
    return problem.empty() ? Exit::Fine : complain("--work-dir " + given + ": " + problem);
  }
  std::error_code error;
  std::string name = (std::filesystem::temp_directory_path(error) / "promoflow-XXXXXX").string();
  if (error || mkdtemp(name.data()) == nullptr) {
    return complain("cannot make a temporary directory for logs (" +
                    (error ? error.message() : name + ": " + reason(errno)) +
                    "); name a directory with --work-dir");
  }
  path_ = name;
  temporary_ = true;
  return Exit::Fine;
}

WorkDirectory::Lock WorkDirectory::try_lock(const std::string& release_id) {
  const std::string directory = detail::release_directory(path_, release_id);
  owner_ = make_directories(directory);
  if (!owner_.empty()) { return Lock::Failed; }
  lock_path_ = directory + "/lock";
  for (;;) {
    const int fd = ::open(lock_path_.c_str(),
                          O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0 || !is_regular(fd)) {
      owner_ = "cannot open " + lock_path_ + ": " + (fd < 0 ? reason(errno) : "it is not a file");
      if (fd >= 0) { ::close(fd); }
      return Lock::Failed;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const bool held = errno == EWOULDBLOCK;
      owner_ = held ? read_owner(fd) : "cannot lock " + lock_path_ + ": " + reason(errno);
      ::close(fd);
      return held ? Lock::Held : Lock::Failed;
    }
    if (!is_still_there(fd, lock_path_)) {
      ::close(fd);
      continue;
    }
    const std::string text = self() + '\n';
    // The text is for people: the lock holds without it.
    (void)!ftruncate(fd, 0);
    (void)!pwrite(fd, text.data(), text.size(), 0);
    lock_fd_ = fd;
    return Lock::Taken;
  }
}

Exit WorkDirectory::lock(std::string& release_id, bool made_id) {
  const std::string first = release_id;
  for (int number = 2;; ++number) {
    switch (try_lock(release_id)) {
      case Lock::Taken: release_id_ = release_id; return Exit::Fine;
      case Lock::Failed: return complain(owner_ + "; name another directory with --work-dir");
      case Lock::Held: break;
    }
    if (!made_id || number > kIdsTriedMax) {
      return complain("release '" + release_id + "' is being run in " + path_ + " by " + owner_ +
                      "; wait for its end, or give this one another id: --set release.id=ID");
    }
    release_id = first + '-' + std::to_string(number);
  }
}

Exit WorkDirectory::adopt(const std::string& release_id) {
  if (try_lock(release_id) == Lock::Failed) { return complain(owner_); }
  release_id_ = release_id;
  return Exit::Fine;
}

std::string WorkDirectory::log_of(Ticket ticket) const {
  std::string path = detail::log_path(path_, release_id_, ticket);
  struct stat found {};
  return lstat(path.c_str(), &found) == 0 ? path : std::string();
}

void WorkDirectory::close(bool remove) {
  closed_ = true;
  std::error_code ignored;
  if (temporary_ && remove) {
    std::filesystem::remove_all(path_, ignored);
  } else if (!lasting_ || !remove) {
    write_error("promoflow: the logs are in " +
                shell_word(detail::release_directory(path_, release_id_)) + "\n");
  }
}

}  // namespace promoflow::cli
