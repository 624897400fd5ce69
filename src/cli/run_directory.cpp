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
#include <utility>

#include "cli/output.hpp"
#include "process/launch.hpp"

namespace promoflow::cli {
namespace {

constexpr std::size_t kOwnerBytesMax = 256;
constexpr int kIdsTriedMax = 1000;
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

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

/// The name of the lock beside a release's directory; none of these begins with a dot.
std::string lock_of(std::string_view directory) {
  return '.' + std::string(directory.substr(directory.rfind('/') + 1)) + ".lock";
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
  if (std::string problem = why_no_directory(work_directory); !problem.empty()) { return problem; }
  struct stat found {};
  if (lstat(directory.c_str(), &found) == 0) {
    if (!S_ISDIR(found.st_mode)) { return directory + " is not a directory"; }
    if (std::string problem = why_no_directory(directory); !problem.empty()) { return problem; }
  }
  const std::string lock = work_directory + '/' + lock_of(directory);
  if (lstat(lock.c_str(), &found) != 0) { return {}; }
  if (!S_ISREG(found.st_mode)) { return "cannot open " + lock + ": it is not a file"; }
  const bool opens = access(lock.c_str(), R_OK | W_OK) == 0;
  return opens ? std::string() : "cannot open " + lock + ": " + reason(errno);
}

WorkDirectory::~WorkDirectory() {
  if (lock_) {
    // While it is locked: another process sees that it is gone.
    if (is_still_there(lock_.get())) { unlinkat(directory_.get(), lock_name_.c_str(), 0); }
    if (!closed_) { unlinkat(directory_.get(), name_.c_str(), AT_REMOVEDIR); }
  }
  if (temporary_ && !closed_) { rmdir(path_.c_str()); }
}

Exit WorkDirectory::open(const std::string& given, bool lasting) {
  path_ = given;
  lasting_ = lasting;
  if (!given.empty()) {
    const std::string problem = make_directories(given);
    if (!problem.empty()) { return complain("--work-dir " + given + ": " + problem); }
    directory_ = detail::Fd(::open(given.c_str(), kDirectory));
    return directory_ ? Exit::Fine : complain("--work-dir " + given + ": " + reason(errno));
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
  directory_ = detail::Fd(::open(name.c_str(), kDirectory));
  return directory_ ? Exit::Fine : complain("cannot open " + name + ": " + reason(errno));
}

/// Whether the lock still has its name: the owner before may have removed it.
bool WorkDirectory::is_still_there(int fd) const {
  struct stat own {};
  struct stat found {};
  return fstat(fd, &own) == 0 &&
         fstatat(directory_.get(), lock_name_.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
         own.st_ino == found.st_ino && own.st_dev == found.st_dev;
}

WorkDirectory::Lock WorkDirectory::fail(const std::string& what) {
  owner_ = what;
  return Lock::Failed;
}

WorkDirectory::Lock WorkDirectory::try_lock(const std::string& release_id) {
  name_ = detail::release_directory({}, release_id).substr(1);
  lock_name_ = lock_of(name_);
  const std::string path = path_ + '/' + name_;
  if (mkdirat(directory_.get(), name_.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail("cannot make the directory " + path + ": " + reason(errno));
  }
  const detail::Fd release(openat(directory_.get(), name_.c_str(), kDirectory | O_NOFOLLOW));
  if (!release) {
    const int error = errno;
    const bool is_other = error == ELOOP || error == ENOTDIR;
    return fail(is_other ? path + " is not a directory"
                         : "cannot open the directory " + path + ": " + reason(error));
  }
  if (faccessat(directory_.get(), name_.c_str(), W_OK | X_OK, 0) != 0) {
    return fail("nothing can be made in the directory " + path + ": " + reason(errno));
  }
  const std::string lock_path = path_ + '/' + lock_name_;
  for (;;) {
    detail::Fd lock(openat(directory_.get(), lock_name_.c_str(),
                           O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                           0600));
    if (!lock) { return fail("cannot open " + lock_path + ": " + reason(errno)); }
    struct stat found {};
    if (fstat(lock.get(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_nlink > 1) {
      return fail("cannot lock " + lock_path + ": it is not a file of promoflow");
    }
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) { return fail("cannot lock " + lock_path + ": " + reason(errno)); }
      owner_ = read_owner(lock.get());
      return Lock::Held;
    }
    if (!is_still_there(lock.get())) { continue; }
    const std::string text = self() + '\n';
    // The text is for people: the lock holds without it.
    (void)!ftruncate(lock.get(), 0);
    (void)!pwrite(lock.get(), text.data(), text.size(), 0);
    lock_ = std::move(lock);
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
