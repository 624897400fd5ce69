// SPDX-License-Identifier: Apache-2.0
#include "supervisor/records.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

#include "process/supervisor_protocol.hpp"
#include "supervisor/text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor {

namespace {

using detail::kRunDirectoryFd;

constexpr int kNewFile = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

const char* name_of(Cause cause) noexcept {
  switch (cause) {
    case Cause::None: return "none";
    case Cause::Timeout: return "timeout";
    case Cause::Cancelled: return "cancelled";
    case Cause::Killed: return "killed";
  }
  return "none";
}

/// Removes a file of ours, or whatever the program put there, if it is no directory with entries.
void remove(const char* name) noexcept {
  if (unlinkat(kRunDirectoryFd, name, 0) != 0) { unlinkat(kRunDirectoryFd, name, AT_REMOVEDIR); }
}

/// Gives what a program has put at a name of ours another one.
bool move_aside(int directory, const char* name) noexcept {
  Text<NAME_MAX + 1> aside;
  aside << name << ".moved-" << static_cast<std::int64_t>(getpid());
  return aside.is_whole() && renameat(directory, name, directory, aside.c_str()) == 0;
}

/// Whether what has this name is no plain file.
bool is_foreign(const char* name) noexcept {
  struct stat found {};
  return fstatat(kRunDirectoryFd, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
         !S_ISREG(found.st_mode);
}

/// Syncs a directory's entries; a file system that cannot has nothing to sync.
void sync_directory() noexcept { (void)fsync(kRunDirectoryFd); }

int status_of(int error) noexcept { return std::clamp(error, 1, detail::kErrorMax); }

/// Makes a directory in another one, unless it is there. -1: errno says why not.
int make_directory(int above, const char* name, bool& is_made) noexcept {
  for (bool is_moved = false;; is_moved = true) {
    is_made = mkdirat(above, name, 0700) == 0;  // If it fails for good, so does the open.
    const int made = openat(above, name, kDirectory | O_NOFOLLOW);
    if (made >= 0 || is_moved || (errno != ENOTDIR && errno != ELOOP)) { return made; }
    if (!move_aside(above, name)) { return -1; }  // It is a link, or a file.
  }
}

/// Makes the run directory and those above it anew, if they are not at its path any more, and goes
/// on with it. One that others have made there meanwhile is another run's, and is taken only if
/// the own one `is_removed`. False: errno says why not.
bool make_directory_anew(const char* path, bool is_removed) noexcept {
  static char part[PATH_MAX];
  const std::size_t size = strlen(path);
  if (size >= sizeof part) { return false; }
  memcpy(part, path, size + 1);
  const std::size_t base = detail::work_directory_size({path, size});
  for (std::size_t at = 1; at <= base; ++at) {
    if (path[at] != '/') { continue; }
    part[at] = '\0';
    (void)mkdir(part, 0700);
    part[at] = at == base ? '\0' : '/';
  }
  int directory = open(part, kDirectory);
  bool is_made = false;
  for (char* name = part + base + 1; directory >= 0 && name < part + size;) {
    char* const end = std::find(name, part + size, '/');
    *end = '\0';
    const int below = make_directory(directory, name, is_made);
    const int error = errno;
    close(directory);
    errno = error;
    directory = below;
    name = end + 1;
  }
  if (directory < 0) { return false; }
  if (is_made || is_removed) { dup2(directory, kRunDirectoryFd); }
  close(directory);
  fcntl(kRunDirectoryFd, F_SETFD, FD_CLOEXEC);
  return true;
}

/// 0, or the exit status that says why not.
int give_name(const char* unnamed) noexcept {
  const auto link = [unnamed] {
    return linkat(kRunDirectoryFd, unnamed, kRunDirectoryFd, detail::kStartFile, 0) == 0;
  };
  if (link()) { return 0; }
  if (errno == EEXIST && is_foreign(detail::kStartFile)) {  // That is no record.
    if (move_aside(kRunDirectoryFd, detail::kStartFile) && link()) { return 0; }
  }
  return errno == EEXIST ? detail::kSupervisorStartedBefore : status_of(errno);
}

/// What is there before the program begins is not what it exports.
void clear_context() noexcept {
  remove(detail::kContextFile);
  (void)move_aside(kRunDirectoryFd, detail::kContextFile);
}

}  // namespace

// --- The start -----------------------------------------------------------------------------------

int write_start(const Plan& plan) noexcept {
  // It gets its name when it is whole and locked: nobody ever sees one that is neither.
  Text<64> unnamed;
  unnamed << detail::kStartFile << "." << static_cast<std::int64_t>(getpid());
  const int file = openat(kRunDirectoryFd, unnamed.c_str(), kNewFile, 0600);
  if (file < 0) { return status_of(errno); }
  Text<512> text;
  text << "promoflow-start 1\nboot " << plan.boot << "\nsupervisor "
       << static_cast<std::int64_t>(getpid()) << "\n";
  // Where boots have names, a record that a power cut has lost is not taken for a program that
  // never began: the run directory's name has the boot. Elsewhere it has to be on the disk.
  const bool is_synced = strcmp(plan.boot, detail::kNoBoot) == 0;
  int status = 0;
  if (flock(file, LOCK_EX | LOCK_NB) != 0 || !write_all(file, text) ||
      (is_synced && fsync(file) != 0)) {
    status = status_of(errno);
  } else {
    status = give_name(unnamed.c_str());
  }
  unlinkat(kRunDirectoryFd, unnamed.c_str(), 0);
  if (status == 0) { clear_context(); }
  if (status == 0 && is_synced) { sync_directory(); }
  return status;  // The descriptor stays open: it has the lock.
}

void remove_start() noexcept {
  remove(detail::kStartFile);
  sync_directory();
}

// --- The end -------------------------------------------------------------------------------------

void EndRecord::take_context() noexcept {
  context_ = openat(kRunDirectoryFd, detail::kContextFile,
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  struct stat found {};
  if (context_ < 0) {
    is_refused_ = errno != ENOENT;
  } else if (fstat(context_, &found) != 0 || !S_ISREG(found.st_mode)) {
    is_refused_ = true;
    close(context_);
    context_ = -1;
  }
  remove(detail::kArgumentsFile);
  remove(detail::kContextFile);
}

bool EndRecord::open_new(int& file) noexcept {
  // It is looked for at its path, from which the program may have moved the directory away.
  const int problem = make_directory_anew(plan_.run, false) ? 0 : errno;
  for (int tries = 0; tries < 3; ++tries) {
    remove(detail::kNewEndFile);
    file = openat(kRunDirectoryFd, detail::kNewEndFile, kNewFile, 0600);
    if (file >= 0) { return true; }
    const bool is_mended = errno == EEXIST   ? move_aside(kRunDirectoryFd, detail::kNewEndFile)
                           : errno == EACCES ? fchmod(kRunDirectoryFd, 0700) == 0
                           : errno == ENOENT ? make_directory_anew(plan_.run, true)
                                             : false;
    if (!is_mended) { break; }
  }
  if (errno == ENOENT && problem != 0) { errno = problem; }
  return false;
}

bool EndRecord::write_context(int file) const noexcept {
  struct stat found {};
  std::int64_t left = 0;
  if (context_ >= 0 && fstat(context_, &found) == 0) {
    left = std::min<std::int64_t>(found.st_size,
                                  static_cast<std::int64_t>(detail::kSupervisorContextMax));
  }
  Text<64> head;
  head << "context "
       << (is_refused_     ? "refused"
           : context_ >= 0 ? "file"
                           : "none")
       << " " << left << "\n";
  if (!write_all(file, head)) { return false; }
  static char piece[16384];
  for (off_t at = 0; left > 0;) {
    const auto size = static_cast<std::size_t>(std::min<std::int64_t>(left, sizeof piece));
    ssize_t got = pread(context_, piece, size, at);
    if (got < 0) {
      if (errno == EINTR) { continue; }
      return false;
    }
    if (got == 0) {  // It has become shorter: what is missing is made up, and is no JSON.
      memset(piece, 0, size);
      got = static_cast<ssize_t>(size);
    }
    if (!supervisor::write_all(file, piece, static_cast<std::size_t>(got))) { return false; }
    at += got;
    left -= got;
  }
  return supervisor::write_all(file, "\n", 1);
}

bool EndRecord::write_all_parts(int file) const noexcept {
  Text<256> head;
  head << "promoflow-end 1\ncause " << name_of(end_.cause) << "\nstatus " << end_.status
       << "\nsignal " << end_.signal << "\ncore " << (end_.has_core ? 1 : 0) << "\n";
  if (!supervisor::write_all(file, head)) { return false; }
  const struct {
    const char* name;
    const Tail& tail;
  } parts[] = {{"stderr ", output_.error}, {"stdout ", output_.out}};
  for (const auto& part : parts) {
    Text<64> line;
    line << part.name << (part.tail.is_cut() ? 1 : 0) << " "
         << static_cast<std::int64_t>(part.tail.size()) << "\n";
    if (!supervisor::write_all(file, line) ||
        !supervisor::write_all(file, part.tail.bytes(), part.tail.size()) ||
        !supervisor::write_all(file, "\n", 1)) {
      return false;
    }
  }
  return write_context(file);
}

bool EndRecord::put_in_place() const noexcept {
  const auto rename_it = [] {
    return renameat(kRunDirectoryFd, detail::kNewEndFile, kRunDirectoryFd, detail::kEndFile) == 0;
  };
  if (rename_it()) { return true; }
  // The program has put a directory there.
  if (errno != EISDIR && errno != ENOTEMPTY && errno != EEXIST) { return false; }
  return move_aside(kRunDirectoryFd, detail::kEndFile) && rename_it();
}

bool EndRecord::write() noexcept {
  int file = -1;
  if (!open_new(file)) { return false; }
  const bool is_written = write_all_parts(file) && fsync(file) == 0;
  const bool is_closed = close(file) == 0;
  if (!is_written || !is_closed || !put_in_place()) { return false; }
  sync_directory();
  return true;
}

void EndRecord::note_failure(int error) const noexcept {
  Text<PATH_MAX + 512> text;
  text << "promoflow: cannot write " << plan_.run << "/" << detail::kEndFile << ": "
       << strerror(error) << "; the program ended with ";
  if (end_.signal != 0) {
    text << "signal " << end_.signal << "\n";
  } else {
    text << "status " << end_.status << "\n";
  }
  (void)write_all(STDOUT_FILENO, text);
}

void EndRecord::drop() const noexcept { remove(detail::kNewEndFile); }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor
