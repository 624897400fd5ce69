// SPDX-License-Identifier: Apache-2.0
#include "cli/run_programs.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "base/suggest.hpp"
#include "cli/input.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"

namespace promoflow::cli {
namespace {

constexpr std::size_t kEntriesMax = 10'000;  // Of a directory: more are not looked at.

using Names = std::set<std::string>;

/// The names in a directory, hidden ones left out; empty if it cannot be read: `error` says why.
Names entries_of(const std::string& directory, std::error_code& error) {
  Names names;
  std::filesystem::directory_iterator at(directory, error);
  const std::filesystem::directory_iterator end;
  for (; !error && at != end && names.size() < kEntriesMax; at.increment(error)) {
    std::string name = at->path().filename().string();
    if (!name.starts_with('.')) { names.insert(std::move(name)); }
  }
  return names;
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

/// Whether the system does not let this user enter a directory, or one above it.
bool is_denied(const std::string& directory) {
  std::error_code error;
  (void)std::filesystem::status(directory + "/.", error);
  return error == std::errc::permission_denied;
}

Exit complain_of_permission(const std::string& hooks, const std::string& directory) {
  return complain("--hooks " + hooks + ": " + directory +
                  ": Permission denied; let this user read and enter it, and what is above it");
}

std::string promotions_of(const ProgramSettings& settings) {
  return settings.directory.empty() ? std::string() : settings.directory + "/promotions";
}

Names environments_of(const Flow& flow) {
  Names names;
  for (std::uint32_t i = 1; i < flow.environment_count(); ++i) {  // 0: the trigger environment.
    names.emplace(flow.environment_name(EnvironmentId{i}));
  }
  return names;
}

/// What is near to `promotions` in the directory of programs: `promotion`, `Promotions`, `promote`.
std::string near_directory(const std::string& directory) {
  detail::Suggestions suggestions("promotions");
  std::error_code ignored;
  const Names names = entries_of(directory, ignored);
  for (const std::string& name : names) {
    std::string path = directory;
    path += '/';
    path += name;
    if (is_directory(path)) { suggestions.offer(name); }
  }
  return std::string(suggestions.best());
}

Exit complain_of_no_promotions(const ProgramSettings& settings) {
  constexpr const char* kMeant =
      ", or say --no-promotions if nothing is promoted here and they shall succeed at once";
  if (settings.directory.empty()) {
    return complain("--commands " + settings.commands_file +
                    ": it names no program for promotions; add 'promotions: {default: PROGRAM}'" +
                    kMeant);
  }
  const std::string expected = promotions_of(settings);
  if (is_directory(expected)) {
    return complain("--hooks " + settings.directory + ": there is no program in " + expected +
                    "; add one called 'default', or one for each environment" + kMeant);
  }
  std::error_code ignored;
  if (std::filesystem::exists(expected, ignored)) {
    return complain("--hooks " + settings.directory + ": " + expected +
                    " is no directory; make it one, with a program called 'default'" + kMeant);
  }
  const std::string near = near_directory(settings.directory);
  if (!near.empty()) {
    return complain("--hooks " + settings.directory + ": there is no directory '" + expected +
                    "' with programs for promotions, but '" + settings.directory + '/' + near +
                    "'; rename it to 'promotions'" + kMeant);
  }
  return complain("--hooks " + settings.directory + ": there is no directory '" + expected +
                  "' with programs for promotions; add '" + expected + "/default'" + kMeant);
}

template <class Map>
Names keys_of(const Map& map) {
  Names names;
  for (const auto& [name, value] : map) { names.insert(name); }
  return names;
}

/// Hooks are no programs: each is looked up as one that is there.
void leave_hooks_out(const Flow& flow, ProcessOptions& options) {
  options.commands.hooks.clear();
  for (const Point point :
       {Point::ReleaseOnStart, Point::ReleaseOnSuccess, Point::ReleaseOnFail,
        Point::EnvironmentOnStart, Point::EnvironmentOnSuccess, Point::EnvironmentOnFail}) {
    for (std::uint32_t i = 0; i < flow.environment_count(); ++i) {
      for (const Hook& hook : flow.hooks(point, EnvironmentId{i})) {
        options.commands.hooks.insert_or_assign(hook.name, ProgramCall{"/bin/sh"});
      }
    }
  }
}

/// Looks up all programs. All problems are told at once.
Exit look_up(const Flow& flow, const ProcessOptions& options,
             const EnvironmentSelection& selection) {
  const auto findings = check_process_programs(flow, options, selection);
  if (!findings) { return complain(findings.error()); }
  return tell_findings(*findings);
}

}  // namespace

void add_programs(CLI::App& app, ProgramSettings& settings) {
  app.add_option("--hooks", settings.directory, "The directory with the programs")
      ->option_text("DIR");
  app.add_option("--commands", settings.commands_file, "Or a file that names them")
      ->option_text("FILE");
  app.add_flag("--no-promotions", settings.no_promotions,
               "There is nothing to promote: promotions succeed at once");
  app.add_option("--export-variables", settings.export_variables,
                 "Context keys that hooks have under their own names, too")
      ->allow_extra_args(false)
      ->take_all()
      ->delimiter(',')
      ->option_text("KEY,...");
}

Exit read_programs(ProgramSettings& settings, std::string_view color, ProcessOptions& options,
                   bool promotions_only) {
  const bool has_directory = !settings.directory.empty();
  const bool has_commands = !settings.commands_file.empty();
  const bool none_needed = promotions_only && settings.no_promotions;
  if (promotions_only && !has_directory && !has_commands && !none_needed) {
    return complain(
        "run: say where the programs for promotions are: --hooks DIR (DIR/promotions/default) or "
        "--commands FILE; or say --no-promotions if nothing is promoted here and they shall "
        "succeed at once");
  }
  if (has_directory && has_commands) {
    return complain(
        "run: --hooks and --commands are both given; only one of them can say where the programs "
        "are: leave one out");
  }
  if (!has_directory && !has_commands && !none_needed) {
    return complain("run: say where the programs are: --hooks DIR or --commands FILE");
  }
  if (has_directory && is_denied(settings.directory) && !is_directory(settings.directory)) {
    return complain_of_permission(settings.directory, settings.directory);
  }
  if (has_directory && !is_directory(settings.directory)) {
    return complain("--hooks " + settings.directory +
                    ": there is no such directory; make it, or name another");
  }
  options.directory = settings.directory;
  options.promote_without_program = settings.no_promotions;
  options.export_variables = settings.export_variables;
  if (settings.commands_file.empty()) { return Exit::Fine; }
  std::optional<std::string> text = settings.commands_text;
  if (text->empty()) { text = read_input(settings.commands_file); }
  if (!text) { return Exit::Usage; }
  if (settings.commands_file == "-") { settings.commands_text = *text; }
  const std::string directory =
      std::filesystem::absolute(settings.commands_file).parent_path().string();
  Result<ProcessCommandsReport> report = read_process_commands(*text, directory);
  if (!report) { return complain(report.error()); }
  const Exit shown = show_diagnostics(report->diagnostics, settings.commands_file, *text, color);
  if (shown != Exit::Fine || !report->commands) { return Exit::Usage; }
  options.commands = std::move(*report->commands);
  return Exit::Fine;
}

Exit check_programs(const ProgramSettings& settings, const Flow& flow, ProcessOptions options,
                    const EnvironmentSelection& selection, bool promotions_only) {
  const Names environments = environments_of(flow);
  if (!settings.directory.empty() && is_denied(promotions_of(settings))) {
    return complain_of_permission(settings.directory, promotions_of(settings));
  }
  std::error_code error;
  const Names files = entries_of(promotions_of(settings), error);
  const bool is_unlisted = error == std::errc::permission_denied;  // Programs may be there.
  const Names commands =
      options.commands.promotions ? keys_of(*options.commands.promotions) : Names();
  const bool any = !files.empty() || !commands.empty();
  const std::string place =
      settings.directory.empty() ? settings.commands_file : promotions_of(settings);
  if (settings.no_promotions && any) {
    return complain(
        "--no-promotions says that nothing is promoted, but there are programs for it (" + place +
        "); leave the option out, or take them away");
  }
  if (!settings.no_promotions && !any && !is_unlisted && !environments.empty()) {
    return complain_of_no_promotions(settings);
  }
  if (promotions_only) { leave_hooks_out(flow, options); }
  return look_up(flow, options, selection);
}

}  // namespace promoflow::cli
