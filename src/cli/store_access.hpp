// SPDX-License-Identifier: Apache-2.0
/// @file
/// The store that a command works on: its place, what is wrong with it, and who drives what.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "engine/report.hpp"
#include "promoflow/sqlite_store.hpp"
#include "promoflow/store.hpp"

namespace promoflow::cli {

/// `--store FILE`.
void add_store(CLI::App& app, std::string& path);
/// `--store FILE`, and which release: ID.
void add_store_and_release(CLI::App& app, std::string& path, std::string& release);

/// The absolute path of the store that `given` names, or of the default one. None, and a complaint,
/// if there is no place for one.
std::optional<std::string> store_path(const std::string& given);

/// The store that hints name: to be called with what `--store` says before anything is told.
void use_store(const std::string& given);
/// `promoflow WHAT`, with the store if one was given: it can be pasted into a shell.
std::string store_command(const std::string& what);

/// A store, or the exit status without one: the reason has been written to standard error.
struct OpenedStore {
  std::unique_ptr<Store> store{};
  std::string path{};
  Exit exit = Exit::Fine;
  bool damaged = false;  ///< The file is there, and is not whole.
};
/// To drive releases it is made if it does not exist, with the directories above it. It is the
/// store that hints name from then on.
OpenedStore open_store(const std::string& given, StoreAccess access, bool check = false);

/// The file to which the path of a store leads: logs are beside it.
std::string file_of_store(const std::string& path);
/// Whether the file of a store and its directory can be written.
bool can_be_written(const std::string& path);
/// Says that they can't.
Exit complain_of_writing(const std::string& path);

/// What speaks against a store to drive releases with, as far as that can be said without making or
/// changing it; a store that has `release` does.
Exit check_store(const std::string& given, const std::string& release);

/// The store has a release of that id already.
Exit complain_of_taken_id(const std::string& release);

/// What the store says of a release; an id that it does not have is compared with those it has.
Exit complain_of_release(Store& store, const Error& error, const std::string& release);

/// Who drives releases, as seen from this process (D4).
const detail::Drivers& drivers();
/// `process 4711 on build-7 since 2026-11-28T09:22:13Z`; not safe to print.
std::string words_of(const StoreOwner& owner);

/// As RFC 3339 has it, to the second: for people.
std::string rfc3339_seconds(Instant time);
/// Reads `30d`, or a duration of the library. None: it is none, or negative.
std::optional<std::chrono::milliseconds> parse_age(std::string_view text);

/// The user who runs the program; empty if the system does not know the name.
std::string user_name();

/// The line with which what is printed of a release as JSON lines begins.
std::string started_line(const StoreStart& start);

/// The table of columns that fit what is in them; each line ends with a line end. The cells are
/// made safe to print.
std::string table(const std::vector<std::vector<std::string>>& rows, std::string_view indent);

}  // namespace promoflow::cli
