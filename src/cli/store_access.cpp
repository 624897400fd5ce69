// SPDX-License-Identifier: Apache-2.0
#include "cli/store_access.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/json_writer.hpp"
#include "base/printable.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/run_directory.hpp"
#include "promoflow/manifest.hpp"
#include "render/words.hpp"
#include "store/store_file.hpp"

namespace promoflow::cli {
namespace {

constexpr std::uint32_t kSuggestionsFrom = 1000;  // Releases whose ids are compared with a name.

std::string g_store;  // As it was given. The program uses one.

/// What went wrong with a store, and what to do about it.
Exit complain_of_store(const Error& error, const std::string& path) {
  std::string line = "the store " + path + ": " + error.message;
  std::replace(line.begin(), line.end(), '\n', ' ');  // What SQLite finds has a heading.
  if (error.code == ErrorCode::StoreForeign || error.code == ErrorCode::StoreTooNew ||
      error.code == ErrorCode::StoreDamaged) {
    line += "; the file was left as it is";
  }
  return complain(line);
}

}  // namespace

void add_store(CLI::App& app, std::string& path) {
  app.add_option("--store", path,
                 "The store's file; $XDG_STATE_HOME/promoflow/promoflow.db if not given")
      ->option_text("FILE");
}

void add_store_and_release(CLI::App& app, std::string& path, std::string& release) {
  app.add_option("ID", release, "The release's id, as 'promoflow list' shows it")
      ->required()
      ->option_text(" ");
  add_store(app, path);
}

std::optional<std::string> store_path(const std::string& given) {
  std::error_code error;
  if (!given.empty()) {
    std::string path = std::filesystem::absolute(given, error).lexically_normal().string();
    if (!error) { return path; }
    complain("--store " + given + ": " + error.message());
    return std::nullopt;
  }
  // An XDG directory that is not absolute is to be ignored.
  if (const char* const state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/promoflow/promoflow.db";
  }
  if (const char* const home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return std::string(home) + "/.local/state/promoflow/promoflow.db";
  }
  complain(
      "there is no place for the store: neither XDG_STATE_HOME nor HOME is set; name a file "
      "with --store");
  return std::nullopt;
}

void use_store(const std::string& given) { g_store = given; }

std::string store_command(const std::string& what) {
  return "promoflow " + what + (g_store.empty() ? "" : " --store " + shell_word(g_store));
}

std::string file_of_store(const std::string& path) {
  try {
    return detail::resolved_path(path);
  } catch (const std::exception&) { return path; }  // Who opens it says why.
}

bool can_be_written(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return access(path.c_str(), W_OK) == 0 &&
         access(directory.empty() ? "." : directory.c_str(), W_OK | X_OK) == 0;
}

Exit complain_of_writing(const std::string& path) {
  return complain("the store " + path +
                  ": it cannot be written; the file and its directory must be writable");
}

Exit check_store(const std::string& given, const std::string& release) {
  use_store(given);
  const std::optional<std::string> path = store_path(given);
  if (!path) { return Exit::Usage; }
  std::error_code error;
  const std::string problem = why_no_directory(std::filesystem::path(*path).parent_path().string());
  if (!problem.empty()) { return complain("the store " + *path + ": " + problem); }
  const bool is_there = std::filesystem::exists(*path, error);
  if (is_there && !can_be_written(*path)) { return complain_of_writing(*path); }
  try {
    detail::check_beside(file_of_store(*path));
  } catch (const std::exception& fault) {
    return complain("the store " + *path + ": " + fault.what());
  }
  const bool is_empty = std::filesystem::is_regular_file(*path, error) &&
                        std::filesystem::file_size(*path, error) == 0;
  if (!is_there || is_empty) { return Exit::Fine; }
  auto store = open_sqlite_store(*path, {.access = StoreAccess::Ask, .check = true});
  if (!store) { return complain_of_store(store.error(), *path); }
  return (*store)->find(release) ? complain_of_taken_id(release) : Exit::Fine;
}

Exit complain_of_taken_id(const std::string& release) {
  const std::string id = shell_word(release);
  return complain("the store has a release '" + release + "' already: '" +
                  store_command("show " + id) + "' shows it, '" + store_command("resume " + id) +
                  "' goes on with it; give this one another id: --set release.id=ID");
}

OpenedStore open_store(const std::string& given, StoreAccess access, bool check) {
  use_store(given);
  const std::optional<std::string> path = store_path(given);
  if (!path) { return {.exit = Exit::Usage}; }
  std::error_code error;
  if (access == StoreAccess::Drive) {
    const std::string problem =
        make_directories(std::filesystem::path(*path).parent_path().string());
    if (!problem.empty()) { return {.exit = complain("the store " + *path + ": " + problem)}; }
  } else if (!std::filesystem::exists(*path, error)) {
    return {.exit = complain("there is no store " + *path +
                             (given.empty() ? " yet; 'promoflow run' makes it, and --store FILE "
                                              "names another one"
                                            : "; name the file that 'promoflow run' was given"))};
  }
  const bool checks = check || access == StoreAccess::Drive;  // What is damaged is not written to.
  const std::string file = file_of_store(*path);
  auto store = open_sqlite_store(file, {.access = access, .check = checks});
  if (!store) {
    return {.exit = complain_of_store(store.error(), *path),
            .damaged = store.error().code == ErrorCode::StoreDamaged};
  }
  return {.store = std::move(*store), .path = file};
}

Exit complain_of_release(Store& store, const Error& error, const std::string& release) {
  if (error.code != ErrorCode::UnknownRelease) {
    const bool damaged = error.code == ErrorCode::StoreDamaged;
    return complain(
        "release '" + release + "': " + error.message +
        (damaged ? "; '" + store_command("verify " + shell_word(release)) + "' tells more" : ""));
  }
  std::vector<std::string> ids;
  if (const auto rows = store.list({.limit = kSuggestionsFrom})) {
    for (const StoredRelease& row : *rows) { ids.push_back(row.id); }
  }
  return complain("there is no release '" + release + "'" + suggestion(release, ids) + "; '" +
                  store_command("list") + "' shows those that there are");
}

const detail::Drivers& drivers() {
  static const detail::Drivers seen_from_here;
  return seen_from_here;
}

std::string words_of(const StoreOwner& owner) {
  return "process " + std::to_string(owner.process) + " on " + owner.host + " since " +
         rfc3339_seconds(owner.since);
}

std::string rfc3339_seconds(Instant time) {
  constexpr std::size_t kToTheSecond = 19;
  return detail::rfc3339(time).substr(0, kToTheSecond) + 'Z';
}

std::optional<std::chrono::milliseconds> parse_age(std::string_view text) {
  if (text.ends_with('d')) {
    std::uint32_t days = 0;
    const char* const end = text.data() + text.size() - 1;
    const auto [at, error] = std::from_chars(text.data(), end, days);
    constexpr std::uint32_t kDaysMax = 36'500;
    if (error != std::errc() || at != end || days > kDaysMax) { return std::nullopt; }
    return std::chrono::hours(24) * days;
  }
  const auto time = parse_duration(text);
  return time && time->count() >= 0 ? std::optional(*time) : std::nullopt;
}

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) != 0) { return {}; }
  return found != nullptr && found->pw_name != nullptr ? found->pw_name : "";
}

std::string started_line(const StoreStart& start) {
  std::string line;
  detail::JsonWriter json(line);
  json.begin_object().key("event").text("started").key("release").text(start.info.id);
  json.key("flow").text(start.flow_name).key("at").text(detail::rfc3339(start.at)).end_object();
  return line;
}

std::string table(const std::vector<std::vector<std::string>>& rows, std::string_view indent) {
  constexpr std::size_t kWidthMax = 60;  // A wider cell does not move the others' columns.
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t width = detail::columns(detail::printable(row[i]));
      if (width <= kWidthMax) { widths[i] = std::max(widths[i], width); }
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line(indent);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = detail::printable(row[i]);
      const std::size_t width = detail::columns(cell);
      line += cell;
      if (i + 1 < row.size()) { line.append((widths[i] > width ? widths[i] - width : 0) + 2, ' '); }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace promoflow::cli
