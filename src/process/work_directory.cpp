// SPDX-License-Identifier: Apache-2.0
#include "process/work_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "promoflow/context.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

// O_NONBLOCK: a pipe that nobody writes to, or a device, does not hold the open up.
constexpr int kCareful = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

/// Makes a directory and those above it, for this user only.
Problem make_directories(const std::string& path) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at < path.size() && path[at] != '/') { continue; }
    const std::string part = path.substr(0, at);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      const int error = errno;
      struct stat found {};
      if (stat(part.c_str(), &found) == 0) { continue; }  // EACCES or EROFS, but it exists.
      return system_problem("cannot make the directory " + part, error);
    }
  }
  return {};
}

/// A file of ours: it is a regular one and has no second name elsewhere.
bool is_ours(const struct stat& found) noexcept {
  return S_ISREG(found.st_mode) && found.st_nlink == 1;
}

}  // namespace

// --- The files of one release --------------------------------------------------------------------

/// Why a file cannot be written; errno says it.
Problem ReleaseDirectory::failure(const std::string& name) const {
  const int error = errno;
  return system_problem("cannot write " + path_ + '/' + name, error);
}

Problem ReleaseDirectory::remove(const std::string& name) const {
  if (unlinkat(directory_.get(), name.c_str(), 0) == 0 || errno == ENOENT) { return {}; }
  if (unlinkat(directory_.get(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) { return {}; }
  const int error = errno;
  return system_problem("cannot replace " + path_ + '/' + name + ", which promoflow has not made",
                        error);
}

OpenedFile ReleaseDirectory::open_log(const std::string& name) const {
  struct stat found {};
  const bool exists = fstatat(directory_.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists && !is_ours(found)) {
    if (Problem problem = remove(name)) { return {Fd(), 0, std::move(problem)}; }
  }
  Fd file(openat(directory_.get(), name.c_str(), O_WRONLY | O_CREAT | O_APPEND | kCareful, 0600));
  if (!file || fstat(file.get(), &found) != 0) { return {Fd(), 0, failure(name)}; }
  if (!is_ours(found)) {  // It was put there between the two calls.
    return {Fd(), 0, {"cannot write " + path_ + '/' + name + ": it is not a plain file"}};
  }
  return {std::move(file), static_cast<std::size_t>(found.st_size), {}};
}

Problem ReleaseDirectory::write_new(const std::string& name, std::string_view text) const {
  if (Problem problem = remove(name)) { return problem; }
  const Fd file(
      openat(directory_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | kCareful, 0600));
  if (!file || !write_all(file, text)) { return failure(name); }
  return {};
}

Problem ReleaseDirectory::replace(const std::string& name, const std::string& unnamed,
                                  std::string_view text) const {
  if (Problem problem = write_new(unnamed, text)) {
    (void)remove(unnamed);
    return problem;
  }
  if (renameat(directory_.get(), unnamed.c_str(), directory_.get(), name.c_str()) == 0) {
    return {};
  }
  Problem problem = failure(name);
  (void)remove(unnamed);
  return problem;
}

std::vector<std::string> ReleaseDirectory::entries() const {
  std::vector<std::string> names;
  const int copy = openat(directory_.get(), ".", kDirectory);
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(copy < 0 ? nullptr : fdopendir(copy), closedir);
  if (!listing) {
    if (copy >= 0) { close(copy); }
    return names;
  }
  while (const dirent* const entry = readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") { names.emplace_back(name); }
  }
  return names;
}

std::vector<std::string> ReleaseDirectory::directories() const {
  std::vector<std::string> names = entries();
  std::erase_if(names, [this](const std::string& name) {
    struct stat found {};
    return fstatat(directory_.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0 ||
           !S_ISDIR(found.st_mode);
  });
  return names;
}

void ReleaseDirectory::keep_only(std::initializer_list<std::string_view> names) const {
  for (const std::string& name : entries()) {
    if (std::find(names.begin(), names.end(), name) == names.end()) { (void)remove(name); }
  }
}

/// Why a text is no promotion context, and where it is kept. Empty: it is one.
std::string ReleaseDirectory::problem_of(const std::string& text, const std::string& kept) const {
  const Result<std::string> reason = check_export(text);
  if (!reason || reason->empty()) { return {}; }  // Out of memory: the release judges it.
  const Problem failure = write_new(kept, text);
  return "exported an invalid promotion context: " + *reason +
         (failure ? "; " + failure.text : "; the text is kept in " + path_ + '/' + kept);
}

Fd ReleaseDirectory::open_to_read(const std::string& name) const noexcept {
  Fd file(openat(directory_.get(), name.c_str(), O_RDONLY | kCareful));
  struct stat found {};
  if (file && (fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode))) {
    file.reset();
    errno = EINVAL;
  }
  return file;
}

std::optional<std::string> ReleaseDirectory::read(const std::string& name,
                                                  std::size_t bytes_max) const {
  const Fd file = open_to_read(name);
  struct stat found {};
  if (!file || fstat(file.get(), &found) != 0) { return std::nullopt; }
  std::string text(std::min(static_cast<std::size_t>(found.st_size), bytes_max), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) { continue; }
    if (got <= 0) { break; }
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

void ReleaseDirectory::make_if_none(const std::string& name, std::string_view text) const {
  const std::string unnamed = name + '.' + std::to_string(getpid());
  if (write_new(unnamed, text)) {
    (void)remove(unnamed);
    return;
  }
  struct stat found {};
  if (fstatat(directory_.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
      !S_ISREG(found.st_mode)) {
    (void)remove(name);
  }
  (void)linkat(directory_.get(), unnamed.c_str(), directory_.get(), name.c_str(), 0);
  (void)remove(unnamed);
}

Exported ReleaseDirectory::read_export(const std::string& name, const std::string& kept) const {
  // One byte too many is enough for the machine to see that it is too large (C4).
  std::optional<std::string> text = read(name, kContextBytesMax + 1);
  const bool is_refused = !text && errno != ENOENT;
  return judge_export(std::move(text), is_refused, kept);
}

Exported ReleaseDirectory::judge_export(std::optional<std::string> text, bool is_refused,
                                        const std::string& kept) const {
  if (is_refused) {
    return {std::nullopt,
            "the file at $PROMOTION_CONTEXT_PATH cannot be read: write a plain file there"};
  }
  if (!text || text->empty()) { return {}; }
  std::string problem = problem_of(*text, kept);
  return {std::move(text), std::move(problem)};
}

// --- The directories -----------------------------------------------------------------------------

OpenedDirectory open_directory(const std::string& path, std::size_t base, bool makes) {
  const std::string work = path.substr(0, base);
  if (makes) {
    if (Problem problem = make_directories(work)) { return {nullptr, std::move(problem)}; }
  }
  const auto failed = [&](const char* what, std::size_t end) -> OpenedDirectory {
    const int error = errno;
    return {nullptr, system_problem(std::string(what) + path.substr(0, end), error)};
  };
  Fd directory(::open(work.c_str(), kDirectory));
  if (!directory) { return failed("cannot open the directory ", base); }
  for (std::size_t at = base + 1; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string name = path.substr(at, end - at);
    if (makes && mkdirat(directory.get(), name.c_str(), 0700) != 0 && errno != EEXIST) {
      return failed("cannot make the directory ", end);
    }
    directory = Fd(openat(directory.get(), name.c_str(), kDirectory | O_NOFOLLOW));
    if (!directory) { return failed("cannot open the directory ", end); }
    at = end + 1;
  }
  return {std::make_shared<const ReleaseDirectory>(std::move(directory), path), {}};
}

Problem WorkDirectory::open(const std::string& path) {
  if (Problem problem = make_directories(path)) { return problem; }
  Fd directory(::open(path.c_str(), kDirectory));
  if (!directory) {
    const int error = errno;
    return error == ENOTDIR ? Problem{path + " is not a directory", error}
                            : system_problem("cannot open the directory " + path, error);
  }
  if (faccessat(directory.get(), ".", W_OK | X_OK, 0) != 0) {
    const int error = errno;
    return system_problem("cannot write into the directory " + path, error);
  }
  path_ = path;
  directory_ = std::move(directory);
  return {};
}

/// Makes it anew at the same place. What was put there meanwhile is not followed.
Problem WorkDirectory::reopen() {
  if (Problem problem = make_directories(path_)) { return problem; }
  Fd directory(::open(path_.c_str(), kDirectory | O_NOFOLLOW));
  const int error = errno;
  if (!directory) { return system_problem("cannot open the directory " + path_, error); }
  directory_ = std::move(directory);
  return {};
}

/// Whether the directory of that name is still the one that is open.
bool WorkDirectory::is_current(const ReleaseDirectory& known,
                               const std::string& name) const noexcept {
  struct stat here {};
  struct stat there {};
  return fstat(known.directory_.get(), &here) == 0 &&
         fstatat(directory_.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
         here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

OpenedDirectory WorkDirectory::open_release(const std::string& name) {
  auto known = releases_.find(name);
  if (known != releases_.end()) {
    auto directory = known->second.lock();
    if (directory && is_current(*directory, name)) { return {std::move(directory)}; }
    releases_.erase(known);
  }
  const std::string path = path_of(name);
  int made = mkdirat(directory_.get(), name.c_str(), 0700);
  if (made != 0 && errno == ENOENT) {  // The work directory itself was removed.
    if (Problem problem = reopen()) { return {nullptr, std::move(problem)}; }
    made = mkdirat(directory_.get(), name.c_str(), 0700);
  }
  if (made != 0 && errno != EEXIST) {
    const int error = errno;
    return {nullptr, system_problem("cannot make the directory " + path, error)};
  }
  Fd opened(openat(directory_.get(), name.c_str(), kDirectory | O_NOFOLLOW));
  if (!opened) {
    const int error = errno;
    const bool is_other = error == ELOOP || error == ENOTDIR;
    return {nullptr, is_other ? Problem{path + " is not a directory; remove it", error}
                              : system_problem("cannot open the directory " + path, error)};
  }
  auto directory = std::make_shared<const ReleaseDirectory>(std::move(opened), path);
  releases_.emplace(name, directory);
  return {std::move(directory)};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
