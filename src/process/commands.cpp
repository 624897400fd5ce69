// SPDX-License-Identifier: Apache-2.0
// The YAML file of commands: names to programs.
#include <string>
#include <utility>

#include "base/guard.hpp"
#include "document/settings_reader.hpp"
#include "promoflow/process_executor.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

using detail::NodeId;
using detail::NodeKind;

class CommandsReader : detail::SettingsReader {
 public:
  CommandsReader(std::string_view directory, ProcessCommandsReport& report)
      : SettingsReader(report.diagnostics), directory_(directory), report_(report) {}

  void read(std::string_view text, const ReadOptions& options) {
    const NodeId root = read_mapping(
        text, options, "commands are one mapping with the keys 'hooks' and 'promotions'",
        "write 'hooks: {HOOK: PROGRAM}' and 'promotions: {ENVIRONMENT: PROGRAM}'");
    if (root == detail::kNoNode) { return; }
    ProcessCommands commands;
    each_member(root, "", [&](NodeId key, NodeId value, const std::string& pointer) {
      read_section(key, value, pointer, commands);
    });
    if (!has_error()) { report_.commands = std::move(commands); }
    finish();
  }

 private:
  void read_section(NodeId key, NodeId value, const std::string& pointer,
                    ProcessCommands& commands) {
    const std::string_view name = document_.text(key);
    if (name != "hooks" && name != "promotions") {
      complain(key, DiagnosticCode::UnknownField, pointer,
               "unknown field '" + std::string(name) + "'", "use 'hooks' or 'promotions'");
      return;
    }
    auto& programs = name == "hooks" ? commands.hooks : commands.promotions.emplace();
    if (document_.kind(value) == NodeKind::Null) { return; }
    if (document_.kind(value) != NodeKind::Mapping) {
      complain(value, DiagnosticCode::WrongType, pointer,
               "'" + std::string(name) + "' is a mapping of names to programs");
      return;
    }
    each_member(value, pointer, [&](NodeId entry, NodeId program, const std::string& place) {
      read_program(program, place, programs[std::string(document_.text(entry))]);
    });
  }

  void read_program(NodeId node, const std::string& pointer, ProgramCall& call) {
    if (document_.kind(node) == NodeKind::Sequence) {
      for (NodeId part = document_.first(node); part != detail::kNoNode;
           part = document_.next(part)) {
        add_part(part, pointer, call);
      }
    } else {
      add_part(node, pointer, call);
    }
    if (call.empty() || call.front().empty()) {
      complain(node, DiagnosticCode::InvalidValue, pointer, "there is no program",
               "write a program, or a list of a program and its arguments");
      return;
    }
    std::string& program = call.front();
    const bool relative = program.front() != '/' && program.find('/') != std::string::npos;
    if (relative && !directory_.empty()) { program = std::string(directory_) + '/' + program; }
  }

  void add_part(NodeId node, const std::string& pointer, ProgramCall& call) {
    const NodeKind kind = document_.kind(node);
    if (kind == NodeKind::Mapping || kind == NodeKind::Sequence || kind == NodeKind::Null) {
      complain(node, DiagnosticCode::WrongType, pointer, "a program is a list of texts");
      return;
    }
    const std::string_view text = document_.text(node);
    if (text.find('\0') != std::string_view::npos) {
      complain(node, DiagnosticCode::InvalidValue, pointer,
               "programs and their arguments cannot hold a NUL character");
      return;
    }
    call.emplace_back(text);
  }

  std::string_view directory_;
  ProcessCommandsReport& report_;
};

}  // namespace

Result<ProcessCommandsReport> read_process_commands(std::string_view text,
                                                    std::string_view directory,
                                                    const ReadOptions& options) noexcept {
  return detail::guarded([&]() -> Result<ProcessCommandsReport> {
    ProcessCommandsReport report;
    CommandsReader(directory, report).read(text, options);
    return report;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
