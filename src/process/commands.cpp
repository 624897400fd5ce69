// SPDX-License-Identifier: Apache-2.0
// The YAML file of commands: names to programs.
#include <string>
#include <utility>

#include "base/guard.hpp"
#include "document/document.hpp"
#include "promoflow/process_executor.hpp"

namespace promoflow {

namespace {

using detail::Document;
using detail::NodeId;
using detail::NodeKind;

class CommandsReader {
 public:
  CommandsReader(std::string_view directory, ProcessCommandsReport& report)
      : directory_(directory), report_(report) {}

  void read(std::string_view text, const ReadOptions& options) {
    detail::read_document(text, options, document_, report_.diagnostics);
    if (has_errors(report_.diagnostics)) { return; }
    const NodeId root = document_.roots.empty() ? detail::kNoNode : document_.roots.front();
    if (document_.roots.size() != 1 || document_.kind(root) != NodeKind::Mapping) {
      complain(root, DiagnosticCode::WrongType, "",
               "commands are one mapping with the keys 'hooks' and 'promotions'");
      return;
    }
    ProcessCommands commands;
    for (NodeId key = document_.first(root); key != detail::kNoNode;) {
      const NodeId value = document_.next(key);
      read_section(key, value, commands);
      key = document_.next(value);
    }
    if (!has_errors(report_.diagnostics)) { report_.commands = std::move(commands); }
  }

 private:
  void complain(NodeId at, DiagnosticCode code, std::string pointer, std::string message,
                std::string hint = {}) {
    Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.pointer = std::move(pointer);
    diagnostic.line = at == detail::kNoNode ? 1 : document_[at].line;
    diagnostic.column = at == detail::kNoNode ? 1 : document_[at].column;
    diagnostic.message = std::move(message);
    diagnostic.hint = std::move(hint);
    report_.diagnostics.push_back(std::move(diagnostic));
  }

  void read_section(NodeId key, NodeId value, ProcessCommands& commands) {
    const std::string_view name = document_.text(key);
    std::string pointer;
    detail::append_pointer(pointer, name);
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
    for (NodeId entry = document_.first(value); entry != detail::kNoNode;) {
      const NodeId program = document_.next(entry);
      std::string place = pointer;
      detail::append_pointer(place, document_.text(entry));
      read_program(program, place, programs[std::string(document_.text(entry))]);
      entry = document_.next(program);
    }
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
  Document document_;
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

}  // namespace promoflow
