// SPDX-License-Identifier: Apache-2.0
/// @file
/// WorkDirectory: where the files of all programs are. ReleaseDirectory: those of one release.
///
/// Programs know the paths of these files and may put anything there at any time. So every file is
/// opened by its name in a directory that is open already, and no open waits, follows a link, or
/// takes anything but a regular file with one name.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/fd.hpp"
#include "process/problem.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A file that was opened, or why not.
struct OpenedFile {
  Fd file{};
  std::size_t size = 0;  ///< At the time at which it was opened.
  Problem problem{};     ///< None: it is open.
};

/// What a hook exported.
struct Exported {
  std::optional<std::string> context{};  ///< Not given: no file, or an empty one.
  std::string problem{};  ///< Not empty: it cannot be read, or is no promotion context.
};

class ReleaseDirectory {
 public:
  ReleaseDirectory(Fd directory, std::string path) noexcept
      : directory_(std::move(directory)), path_(std::move(path)) {}

  const std::string& path() const noexcept { return path_; }
  const Fd& fd() const noexcept { return directory_; }
  /// Opens a file to append to. An existing one is continued; what is no file of ours is replaced.
  OpenedFile open_log(const std::string& name) const;
  /// Writes a new file for this user only, in place of whatever has that name.
  Problem write_new(const std::string& name, std::string_view text) const;
  /// The same, so that the file is whole whenever it is there. `unnamed`: its name until then,
  /// which nobody else uses.
  Problem replace(const std::string& name, const std::string& unnamed, std::string_view text) const;
  /// Opens a plain file; closed: there is none (ENOENT), or it is something else.
  Fd open_to_read(const std::string& name) const noexcept;
  /// All of a plain file, up to a bound. None: it cannot be read.
  std::optional<std::string> read(const std::string& name, std::size_t bytes_max) const;
  /// Makes a file that has all of this text as soon as it has its name, if no file has that name.
  void make_if_none(const std::string& name, std::string_view text) const;
  /// `kept`: where a text that is no promotion context is kept, for the file is removed.
  Exported read_export(const std::string& name, const std::string& kept) const;
  /// The same of a text that has been read.
  Exported judge_export(std::optional<std::string> text, bool is_refused,
                        const std::string& kept) const;
  /// Removes whatever has that name, a directory only if it is empty.
  Problem remove(const std::string& name) const;
  /// The names of the directories in it.
  std::vector<std::string> directories() const;
  /// Removes all that has none of these names.
  void keep_only(std::initializer_list<std::string_view> names) const;

 private:
  friend class WorkDirectory;
  Problem failure(const std::string& name) const;
  std::vector<std::string> entries() const;
  std::string problem_of(const std::string& text, const std::string& kept) const;

  Fd directory_;
  std::string path_;
};

/// A directory that was opened, or why not.
struct OpenedDirectory {
  std::shared_ptr<const ReleaseDirectory> directory{};
  Problem problem{};  ///< None: it is open.
};
/// `makes`: it and those above it are made for this user only, if they do not exist. What is behind
/// `base` in the path, the work directory, is opened name by name, and no link is followed.
OpenedDirectory open_directory(const std::string& path, std::size_t base, bool makes);

class WorkDirectory {
 public:
  /// Makes the directory and those above it, for this user only, and opens it.
  Problem open(const std::string& path);

  /// The directory of a release: shared by its programs, made anew if it is gone.
  OpenedDirectory open_release(const std::string& name);
  /// Where open_release() has it.
  std::string path_of(const std::string& name) const { return path_ + '/' + name; }

 private:
  Problem reopen();
  bool is_current(const ReleaseDirectory& known, const std::string& name) const noexcept;

  std::string path_;
  Fd directory_;
  std::map<std::string, std::weak_ptr<const ReleaseDirectory>, std::less<>> releases_;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
