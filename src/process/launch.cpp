// SPDX-License-Identifier: Apache-2.0
// From a call to a program: names to paths, arguments to variables and JSON.
#include "process/launch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/json_writer.hpp"

extern char** environ;

namespace promoflow::detail {

namespace {

constexpr std::size_t kNameBytesMax = 255;  // Of a file, on every file system that matters.

/// Names that decide which code a program loads or runs. An argument, which may come from what an
/// earlier hook exported, never sets them.
constexpr std::array<std::string_view, 25> kReserved = {"BASHOPTS",
                                                        "BASH_ENV",
                                                        "CDPATH",
                                                        "CLASSPATH",
                                                        "ENV",
                                                        "GIT_SSH_COMMAND",
                                                        "GLOBIGNORE",
                                                        "HOME",
                                                        "IFS",
                                                        "JAVA_TOOL_OPTIONS",
                                                        "LOGNAME",
                                                        "NODE_OPTIONS",
                                                        "NODE_PATH",
                                                        "PATH",
                                                        "PERL5LIB",
                                                        "PERL5OPT",
                                                        "PROMOTION_CONTEXT_PATH",
                                                        "PS4",
                                                        "PYTHONHOME",
                                                        "PYTHONPATH",
                                                        "PYTHONSTARTUP",
                                                        "RUBYLIB",
                                                        "RUBYOPT",
                                                        "SHELL",
                                                        "SHELLOPTS"};
constexpr std::array<std::string_view, 4> kReservedPrefixes = {"LD_", "DYLD_", "PROMOFLOW_",
                                                               "GLIBC_"};

/// Whether a name can be that of a file, and of no other place than its directory.
bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c != '/' && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
         });
}

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool is_reserved(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end() ||
         std::any_of(
             kReservedPrefixes.begin(), kReservedPrefixes.end(),
             [&](std::string_view prefix) { return name.substr(0, prefix.size()) == prefix; });
}

bool is_directory(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

bool exists(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0;
}

Choice fail(std::string message) { return {Choice::Kind::Fail, {}, std::move(message)}; }

/// The program if it can be run, else why not.
Choice checked(ProgramCall program) {
  const std::string& path = program.front();
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) {
    return fail("cannot run " + path + ": " + std::generic_category().message(errno));
  }
  if (!S_ISREG(found.st_mode)) { return fail("cannot run " + path + ": it is not a file"); }
  if (access(path.c_str(), X_OK) != 0) {
    return fail("cannot run " + path + ": it is not executable");
  }
  return {Choice::Kind::Run, std::move(program), {}};
}

/// A configured program; PATH is searched here, not by a shell.
Choice configured(ProgramCall program) {
  if (program.empty() || program.front().empty()) {
    return fail("its command is empty: write a program");
  }
  if (program.front().find('/') != std::string::npos) { return checked(std::move(program)); }
  const char* const path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string candidate = std::string(rest.substr(0, colon)) + '/' + program.front();
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    struct stat found {};
    if (candidate.front() == '/' && stat(candidate.c_str(), &found) == 0 &&
        S_ISREG(found.st_mode) && access(candidate.c_str(), X_OK) == 0) {
      program.front() = candidate;
      return {Choice::Kind::Run, std::move(program), {}};
    }
  }
  return fail("cannot run " + program.front() + ": it is not in PATH");
}

Choice choose(const HookCall& call, const ProcessOptions& options) {
  if (!is_file_name(call.hook)) {
    return fail("'" + call.hook + "' cannot be the name of a program: no '/', no '.' in front, " +
                "no control characters, at most 255 bytes");
  }
  const auto found = options.commands.hooks.find(call.hook);
  if (found != options.commands.hooks.end()) { return configured(found->second); }
  if (options.directory.empty()) {
    return fail("there is no program for the hook '" + call.hook +
                "': add one to 'hooks' of the commands");
  }
  return checked({options.directory + '/' + call.hook});
}

Choice choose(const PromotionCall& call, const ProcessOptions& options) {
  if (options.commands.promotions) {
    const auto& programs = *options.commands.promotions;
    auto found = programs.find(call.environment);
    if (found == programs.end()) { found = programs.find("default"); }
    if (found != programs.end()) { return configured(found->second); }
  }
  const std::string directory = options.directory + "/promotions";
  const bool has_directory = !options.directory.empty() && is_directory(directory);
  if (has_directory) {
    if (!is_file_name(call.environment)) {
      return fail("'" + call.environment +
                  "' cannot be the name of a program: no '/', no '.' in front, " +
                  "no control characters, at most 255 bytes");
    }
    std::string own = directory + '/' + call.environment;
    return checked({exists(own) ? std::move(own) : directory + "/default"});
  }
  if (options.commands.promotions || !options.promote_without_program) {
    return fail("there is no program for promotions into '" + call.environment +
                "': add one of this name, or 'default'");
  }
  return {Choice::Kind::Succeed, {}, {}};
}

/// A release's id as the name of a directory; different ids have different ones.
std::string directory_name(std::string_view id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kPlainMax = 200;
  std::string name;
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a, for ids that are too long.
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    hash = (hash ^ byte) * 1099511628211U;
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !name.empty());
    if (plain) {
      name += c;
    } else {
      name += '%';
      name += kDigits[byte >> 4U];
      name += kDigits[byte & 15U];
    }
  }
  if (name.size() > kPlainMax) {
    name.resize(kPlainMax);
    name += '%';
    for (int shift = 60; shift >= 0; shift -= 4) { name += kDigits[(hash >> shift) & 15U]; }
  }
  return name;
}

void add_arguments(const std::vector<std::pair<std::string, std::string>>& arguments,
                   Variables& variables) {
  std::size_t total = 0;
  for (const auto& [name, value] : arguments) {
    if (!is_variable_name(name) || is_reserved(name)) { continue; }
    const std::size_t size = name.size() + value.size() + 2;
    const bool fits = value.size() <= kVariableBytesMax && total + size <= kVariablesBytesMax;
    if (!fits || value.find('\0') != std::string::npos) {
      variables.erase(name);  // An inherited one of this name would mean something else.
      continue;
    }
    total += size;
    variables.insert_or_assign(name, value);
  }
}

struct AddFacts {
  Variables& variables;
  const TicketFiles& files;

  void operator()(const HookCall& call) const {
    add_arguments(call.arguments, variables);
    variables["PROMOFLOW_HOOK"] = call.hook;
    variables["PROMOFLOW_POINT"] = to_string(call.point);
    variables["PROMOFLOW_ENVIRONMENT"] = call.environment.value_or("");
    variables["PROMOFLOW_ATTEMPT"] = std::to_string(call.attempt);
    variables["PROMOTION_CONTEXT_PATH"] = files.context;
  }
  void operator()(const PromotionCall& call) const {
    add_arguments(call.arguments, variables);
    const Policy& policy = call.policy;
    variables["PROMOFLOW_ENVIRONMENT"] = call.environment;
    variables["PROMOFLOW_ATTEMPT"] = std::to_string(call.attempt);
    variables["PROMOFLOW_ACTION"] = policy.action ? to_string(*policy.action) : "";
    variables["PROMOFLOW_PRE_ACTION"] = policy.pre_action.value_or("");
    variables["PROMOFLOW_POST_ACTION"] = policy.post_action.value_or("");
  }
};

void write_arguments(JsonWriter& json,
                     const std::vector<std::pair<std::string, std::string>>& arguments) {
  json.key("arguments").begin_object();
  for (const auto& [name, value] : arguments) { json.key(name).text(value); }
  json.end_object();
}

struct WriteFacts {
  JsonWriter& json;

  void operator()(const HookCall& call) const {
    json.key("hook").text(call.hook).key("point").text(to_string(call.point));
    if (call.environment) { json.key("environment").text(*call.environment); }
    json.key("attempt").number(call.attempt);
    write_arguments(json, call.arguments);
    json.key("context").raw(call.context.empty() ? "{}" : call.context);
  }
  void operator()(const PromotionCall& call) const {
    json.key("environment").text(call.environment).key("attempt").number(call.attempt);
    const Policy& policy = call.policy;
    json.key("policy").begin_object();
    if (policy.action) { json.key("action").text(to_string(*policy.action)); }
    if (policy.pre_action) { json.key("preAction").text(*policy.pre_action); }
    if (policy.post_action) { json.key("postAction").text(*policy.post_action); }
    json.end_object();
    write_arguments(json, call.arguments);
  }
};

}  // namespace

Ticket ticket_of(const Call& call) noexcept {
  const auto* hook = std::get_if<HookCall>(&call);
  return hook != nullptr ? hook->ticket : std::get_if<PromotionCall>(&call)->ticket;
}

const std::string& release_of(const Call& call) noexcept {
  const auto* hook = std::get_if<HookCall>(&call);
  return hook != nullptr ? hook->release_id : std::get_if<PromotionCall>(&call)->release_id;
}

Choice choose(const Call& call, const ProcessOptions& options) {
  return std::visit([&](const auto& one) { return choose(one, options); }, call);
}

TicketFiles files_of(const Call& call, const std::string& work_directory) {
  TicketFiles files;
  files.directory = work_directory + '/' + directory_name(release_of(call));
  const std::string base =
      files.directory + '/' + std::to_string(static_cast<std::uint64_t>(ticket_of(call)));
  files.log = base + ".log";
  files.arguments = base + ".arguments.json";
  files.context = base + ".context.json";
  return files;
}

Variables inherited_variables() {
  Variables variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) { continue; }
    const std::string_view name = text.substr(0, equals);
    if (name.substr(0, 10) == "PROMOFLOW_" || name == "PROMOTION_CONTEXT_PATH") { continue; }
    variables.emplace(name, text.substr(equals + 1));
  }
  return variables;
}

std::vector<std::string> environment_of(const Call& call, const TicketFiles& files,
                                        Variables inherited) {
  std::visit(AddFacts{inherited, files}, call);
  inherited["PROMOFLOW_TICKET"] = std::to_string(static_cast<std::uint64_t>(ticket_of(call)));
  inherited["PROMOFLOW_ARGUMENTS_PATH"] = files.arguments;
  std::vector<std::string> environment;
  environment.reserve(inherited.size());
  for (const auto& [name, value] : inherited) {
    // For the system a value ends at a NUL character; the JSON file has all of it.
    environment.push_back(name + '=' + value.substr(0, value.find('\0')));
  }
  return environment;
}

std::string arguments_json(const Call& call) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("releaseId").text(release_of(call));
  json.key("ticket").number(static_cast<std::uint64_t>(ticket_of(call)));
  std::visit(WriteFacts{json}, call);
  json.end_object();
  return text + '\n';
}

}  // namespace promoflow::detail
