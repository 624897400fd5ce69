// SPDX-License-Identifier: Apache-2.0
// promoflow completion: scripts that complete commands, options and their values in a shell. They
// are made from the options themselves, so a new option is completed without a change here.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cli/cli.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"

namespace promoflow::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  bash   source <(promoflow completion bash)          in ~/.bashrc\n"
    "  zsh    source <(promoflow completion zsh)           in ~/.zshrc, after compinit\n"
    "  fish   promoflow completion fish > ~/.config/fish/completions/promoflow.fish\n"
    "Packages install these scripts where the shells look for them.";

enum class Value { None, Words, File, Directory, Text };

/// An option, or what a command takes without one.
struct Argument {
  std::string name;        ///< `--format`, or empty for what takes no option.
  std::string short_name;  ///< `-h`, or empty.
  std::string help;
  Value value = Value::None;
  std::string words;  ///< Of Value::Words: `text json`.
};

struct Subcommand {
  std::string name;
  std::string help;
  std::vector<Argument> arguments;
};

/// Only the first line, without its full stop.
std::string first_line(const std::string& help) {
  std::string line = help.substr(0, help.find('\n'));
  if (line.ends_with('.')) { line.pop_back(); }
  return line;
}

/// What an option's value is, by the word that its help shows for it: `text|json`, FILE, DIR.
void set_value(const CLI::Option& option, Argument& argument) {
  if (option.get_items_expected_max() == 0) { return; }
  const std::string& shape = option.get_option_text();
  if (shape.find('|') != std::string::npos) {
    argument.value = Value::Words;
    argument.words = shape;
    std::replace(argument.words.begin(), argument.words.end(), '|', ' ');
  } else if (shape == "FILE" || option.get_name() == "FILE" || option.get_name() == "FLOW") {
    argument.value = Value::File;
  } else {
    argument.value = shape == "DIR" ? Value::Directory : Value::Text;
  }
}

std::vector<Argument> arguments_of(const CLI::App& app) {
  std::vector<Argument> found;
  for (const CLI::Option* option : app.get_options()) {
    Argument argument;
    argument.help = first_line(option->get_description());
    if (!option->get_lnames().empty()) { argument.name = "--" + option->get_lnames().front(); }
    if (!option->get_snames().empty()) { argument.short_name = "-" + option->get_snames().front(); }
    set_value(*option, argument);
    found.push_back(std::move(argument));
  }
  return found;
}

std::vector<Subcommand> subcommands_of(const CLI::App& app) {
  std::vector<Subcommand> found;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    found.push_back(
        {command->get_name(), first_line(command->get_description()), arguments_of(*command)});
  }
  return found;
}

/// All names of options, and the words that may stand without one.
std::string words_of(const std::vector<Argument>& arguments) {
  std::string words;
  for (const Argument& argument : arguments) {
    for (const std::string& name : {argument.name, argument.short_name}) {
      if (!name.empty()) { words += name + " "; }
    }
    if (argument.name.empty() && argument.value == Value::Words) { words += argument.words + " "; }
  }
  return words;
}

std::string names_of(const std::vector<Subcommand>& commands, std::string_view between) {
  std::string names;
  for (const Subcommand& command : commands) {
    names += (names.empty() ? std::string() : std::string(between)) + command.name;
  }
  return names;
}

// --- bash ----------------------------------------------------------------------------------------

constexpr const char* kBashBegin = R"(# bash completion of promoflow: promoflow completion bash
_promoflow() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" command="" words="" at
  COMPREPLY=()
  if [ "$word" = "=" ]; then word=""; fi # bash takes the = of --option=value for a word.
  if [ "$before" = "=" ]; then before="${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((at = 1; at < COMP_CWORD; ++at)); do
    case "${COMP_WORDS[at]}" in
)";

constexpr const char* kBashEnd = R"(  esac
  # Without a match readline completes the names of files.
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _promoflow promoflow
)";

std::string for_bash(const CLI::App& app) {
  const std::vector<Subcommand> commands = subcommands_of(app);
  std::string out = kBashBegin;
  out += "      " + names_of(commands, "|") + ") command=\"${COMP_WORDS[at]}\"; break ;;\n";
  out += "    esac\n  done\n  case \"$command $before\" in\n";
  for (const Subcommand& command : commands) {
    for (const Argument& argument : command.arguments) {
      if (argument.name.empty() || argument.value == Value::None) { continue; }
      out += fmt::format("    \"{} {}\") ", command.name, argument.name);
      if (argument.value == Value::Words) {
        out += fmt::format("COMPREPLY=($(compgen -W \"{}\" -- \"$word\")); return ;;\n",
                           argument.words);
      } else if (argument.value == Value::Text) {
        out += "compopt +o default 2>/dev/null; return ;;\n";
      } else {
        out += "return ;;\n";  // A file or a directory: readline's own completion.
      }
    }
  }
  out += "  esac\n  case \"$command\" in\n    \"\") words=\"" + words_of(arguments_of(app)) +
         names_of(commands, " ") + "\" ;;\n";
  for (const Subcommand& command : commands) {
    out += fmt::format("    {}) words=\"{}\" ;;\n", command.name, words_of(command.arguments));
  }
  return out + kBashEnd;
}

// --- zsh -----------------------------------------------------------------------------------------

/// For a text in single quotes, in a specification of _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\'') {
      out += "'\\''";
    } else {
      if (letter == '[' || letter == ']' || letter == ':' || letter == '\\') { out += '\\'; }
      out += letter;
    }
  }
  return out;
}

std::string zsh_specification(const Argument& argument) {
  std::string action;
  switch (argument.value) {
    case Value::None: break;
    case Value::Words: action = ":value:(" + argument.words + ")"; break;
    case Value::File: action = ":file:_files"; break;
    case Value::Directory: action = ":directory:_files -/"; break;
    case Value::Text: action = ":value: "; break;
  }
  if (argument.name.empty()) { return fmt::format("'*{}'", ":" + action.substr(1)); }
  const std::string help = zsh_text(argument.help);
  if (argument.value != Value::None) {
    return fmt::format("'*{}=[{}]{}'", argument.name, help, action);
  }
  if (argument.short_name.empty()) { return fmt::format("'{}[{}]'", argument.name, help); }
  return fmt::format("'({0} {1})'{{{0},{1}}}'[{2}]'", argument.short_name, argument.name, help);
}

std::string zsh_arguments(const std::vector<Argument>& arguments) {
  std::string out;
  for (const Argument& argument : arguments) {
    out += " \\\n        " + zsh_specification(argument);
  }
  return out;
}

std::string for_zsh(const CLI::App& app) {
  const std::vector<Subcommand> commands = subcommands_of(app);
  std::string out =
      "#compdef promoflow\n"
      "# zsh completion of promoflow: promoflow completion zsh\n"
      "_promoflow() {\n"
      "  local context state state_descr line\n"
      "  typeset -A opt_args\n"
      "  _arguments -C" +
      zsh_arguments(arguments_of(app)) +
      " \\\n        '1: :->command' '*:: :->arguments'\n"
      "  case $state in\n"
      "    command)\n"
      "      local -a commands\n"
      "      commands=(\n";
  for (const Subcommand& command : commands) {
    out += fmt::format("        '{}:{}'\n", command.name, zsh_text(command.help));
  }
  out += "      )\n      _describe command commands ;;\n    arguments)\n      case $line[1] in\n";
  for (const Subcommand& command : commands) {
    out +=
        fmt::format("      {}) _arguments{} ;;\n", command.name, zsh_arguments(command.arguments));
  }
  return out +
         "      esac ;;\n"
         "  esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _promoflow ]; then _promoflow \"$@\"; else compdef _promoflow "
         "promoflow; fi\n";
}

// --- fish ----------------------------------------------------------------------------------------

std::string fish_text(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') { out += '\\'; }
    out += letter;
  }
  return "'" + out + "'";
}

std::string fish_line(const std::string& condition, const Argument& argument) {
  std::string line = "complete -c promoflow -n '" + condition + "'";
  if (!argument.short_name.empty()) { line += " -s " + argument.short_name.substr(1); }
  if (!argument.name.empty()) { line += " -l " + argument.name.substr(2); }
  switch (argument.value) {
    case Value::None: break;
    case Value::Words:
      line += (argument.name.empty() ? " -a " : " -x -a ") + fish_text(argument.words);
      break;
    case Value::File: line += argument.name.empty() ? " -F" : " -r -F"; break;
    case Value::Directory: line += " -x -a '(__fish_complete_directories)'"; break;
    case Value::Text: line += " -x"; break;
  }
  return line + " -d " + fish_text(argument.help) + "\n";
}

std::string for_fish(const CLI::App& app) {
  std::string out =
      "# fish completion of promoflow: promoflow completion fish\n"
      "complete -c promoflow -f\n";
  for (const Argument& argument : arguments_of(app)) {
    out += fish_line("__fish_use_subcommand", argument);
  }
  for (const Subcommand& command : subcommands_of(app)) {
    out += fmt::format("complete -c promoflow -n '__fish_use_subcommand' -a {} -d {}\n",
                       command.name, fish_text(command.help));
    for (const Argument& argument : command.arguments) {
      out += fish_line("__fish_seen_subcommand_from " + command.name, argument);
    }
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& app, Command& command) {
  CLI::App* const self = app.add_subcommand(
      "completion", "Print a script that completes commands, options and values in a shell.");
  const auto shell = std::make_shared<std::string>();
  add_choice(*self, "SHELL", *shell, {"bash", "zsh", "fish"}, "Which shell")->required();
  self->footer(kExamples);
  self->callback([shell, &app, &command] {
    command = [shell, &app] {
      write_out(*shell == "bash" ? for_bash(app) : *shell == "zsh" ? for_zsh(app) : for_fish(app));
      return Exit::Fine;
    };
  });
}

}  // namespace promoflow::cli
