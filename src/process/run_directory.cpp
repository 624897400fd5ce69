// SPDX-License-Identifier: Apache-2.0
#include "process/run_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <mutex>

#include "process/capture.hpp"
#include "process/launch.hpp"
#include "process/supervisor_protocol.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::size_t kStartMax = 1024;
constexpr std::size_t kEndMax = kSupervisorContextMax + 2 * kTailMax + 1024;
constexpr int kMovedMax = 100'000;

/// Takes a record apart. After the first thing that does not fit, nothing does.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  /// The line, which begins with the name and a blank; the rest of it.
  std::string_view line(std::string_view name) {
    const std::size_t end = rest_.find('\n');
    const std::string_view all = rest_.substr(0, end);
    fits_ = fits_ && end != std::string_view::npos && all.size() > name.size() &&
            all.substr(0, name.size()) == name && all[name.size()] == ' ';
    if (!fits_) { return {}; }
    rest_.remove_prefix(end + 1);
    return all.substr(name.size() + 1);
  }
  template <class Number>
  Number number(std::string_view text) {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    fits_ = fits_ && error == std::errc() && end == text.data() + text.size();
    return fits_ ? value : Number{};
  }
  int number_line(std::string_view name) { return number<int>(line(name)); }
  /// A line with a word and a size, and so many bytes behind it.
  std::string_view bytes(std::string_view name, std::string_view& word) {
    const std::string_view facts = line(name);
    const std::size_t blank = facts.find(' ');
    fits_ = fits_ && blank != std::string_view::npos;
    if (!fits_) { return {}; }
    word = facts.substr(0, blank);
    const auto size = number<std::size_t>(facts.substr(blank + 1));
    fits_ = fits_ && rest_.size() > size && rest_[size] == '\n';
    if (!fits_) { return {}; }
    const std::string_view all = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    return all;
  }
  void expect(bool fits) noexcept { fits_ = fits_ && fits; }
  bool fits() const noexcept { return fits_; }

 private:
  std::string_view rest_;
  bool fits_ = true;
};

std::string tail_text(Reader& reader, std::string_view name) {
  std::string_view word;
  const std::string_view text = reader.bytes(name, word);
  Tail tail;
  tail.add(text, word == "1");
  return tail.text();
}

std::optional<RunEnd> read_end(std::string_view text) {
  Reader reader(text);
  RunEnd end;
  reader.expect(reader.line("promoflow-end") == "1");
  end.cause = reader.line("cause");
  if (end.cause == "none") { end.cause.clear(); }
  end.end.status = reader.number_line("status");
  end.end.signal = reader.number_line("signal");
  end.end.core = reader.number_line("core") != 0;
  const std::string error = tail_text(reader, "stderr");
  const std::string out = tail_text(reader, "stdout");
  end.last_words = error.empty() ? out : error;
  std::string_view kind;
  const std::string_view context = reader.bytes("context", kind);
  end.is_refused = kind == "refused";
  if (!context.empty()) { end.context = std::string(context); }
  return reader.fits() ? std::optional(std::move(end)) : std::nullopt;
}

pid_t supervisor_of(std::string_view text) {
  Reader reader(text);
  reader.expect(reader.line("promoflow-start") == "1");
  reader.line("boot");
  return reader.number<pid_t>(reader.line("supervisor"));
}

}  // namespace

std::string_view boot_name() {
  // Kept once it was read: a shortage of descriptors, under which it cannot be, passes.
  static std::mutex mutex;
  static char text[64];
  static std::size_t size = 0;
  const std::lock_guard lock(mutex);
  if (size == 0) {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    size = id.copy(text, sizeof text);
  }
  return {text, size};
}

bool is_unlocked(const Fd& record) noexcept {
  if (flock(record.get(), LOCK_SH | LOCK_NB) != 0) { return false; }
  flock(record.get(), LOCK_UN);
  return true;
}

std::string RunDirectory::path_of(const std::string& work_directory, std::string_view release_id,
                                  Ticket ticket) {
  constexpr std::size_t kBootDigits = 8;
  std::string path = release_directory(work_directory, release_id) + '/' +
                     std::to_string(static_cast<std::uint64_t>(ticket));
  path.append(kRunSuffix);
  // A start record that a power cut has lost must not be taken for none: after a boot the path is
  // of another one.
  const std::string_view boot = boot_name().substr(0, kBootDigits);
  return boot.empty() ? path : path.append(1, '-').append(boot);
}

std::string RunDirectory::token_of(std::string_view path) { return hash_text(path); }

Problem RunDirectory::open(const std::string& path, bool makes) {
  path_ = path;
  auto opened = open_directory(path, work_directory_size(path), makes);
  directory_ = std::move(opened.directory);
  return std::move(opened.problem);
}

Problem RunDirectory::open_fresh(const std::string& path) {
  for (int number = 1;; ++number) {
    if (Problem problem = open(path, true)) { return problem; }
    // Those of applications are in it.
    if (look().state == RunState::Unstarted && files().directories().empty()) { return {}; }
    const std::string aside = path + '.' + std::to_string(number);
    // A directory with records is not empty, so none is replaced.
    if (rename(path.c_str(), aside.c_str()) == 0) { continue; }
    if ((errno != ENOTEMPTY && errno != EEXIST) || number >= kMovedMax) {
      const int error = errno;
      return system_problem("cannot move the directory of an earlier run away: " + path, error);
    }
  }
}

RunLook RunDirectory::look() const {
  RunLook found;
  const auto has_ended = [&] {
    const std::optional<std::string> text = files().read(kEndFile, kEndMax);
    std::optional<RunEnd> end = text ? read_end(*text) : std::nullopt;
    if (!end) { return false; }
    found.state = RunState::Ended;
    found.end = std::move(*end);
    return true;
  };
  if (has_ended()) { return found; }
  Fd start = files().open_to_read(kStartFile);
  if (!start) {
    found.state = RunState::Unstarted;
    return found;
  }
  if (is_unlocked(start)) {
    // It may have ended since the record was looked for: the lock goes after that.
    if (!has_ended()) { found.state = RunState::Lost; }
    return found;
  }
  found.state = RunState::Running;
  const std::optional<std::string> text = files().read(kStartFile, kStartMax);
  found.supervisor = text ? supervisor_of(*text) : 0;
  found.lock = std::move(start);
  return found;
}

void RunDirectory::forbid_start() const { files().make_if_none(kStartFile, "promoflow-start 1\n"); }

void RunDirectory::forget_start() const { (void)files().remove(kStartFile); }

void RunDirectory::clean_up() const { files().keep_only({kStartFile, kEndFile}); }

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
