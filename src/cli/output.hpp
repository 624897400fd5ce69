// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the program prints. Text from outside (names, messages, paths, options as they were typed)
/// goes through printable() of base/printable.hpp on its way into a line; complain() does it for
/// whole lines, and the library's drawings and diagnostics have done it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "cli/cli.hpp"
#include "promoflow/diagnostic.hpp"
#include "promoflow/result.hpp"

namespace promoflow::cli {

/// Opens /dev/null in the place of standard streams that are closed, before anything else could
/// get their numbers; on Windows all three pass bytes as they are. To be called first. False: the
/// system has no /dev/null.
bool open_standard_streams();

/// Whether the stream could be read or written when the program began.
bool input_is_open();
bool output_is_open();

/// A closed standard output is no error: what is written goes nowhere.
void do_without_output();

/// Writes one line to standard error. Returns Exit::Usage, for `return complain(...)`.
Exit complain(std::string_view line);

/// What went wrong inside the library, as a line on standard error.
Exit complain(const Error& error);

/// A line for people on standard error, which is no complaint.
void tell(std::string_view line);

/// Tells what speaks against a run: a range of what has a severity, a message and a hint.
/// Exit::Usage, and that nothing is started, if an error is among it.
template <class Findings>
Exit tell_findings(const Findings& findings) {
  Exit exit = Exit::Fine;
  for (const auto& finding : findings) {
    const bool is_error = finding.severity == Severity::Error;
    if (is_error) { exit = Exit::Usage; }
    tell((is_error ? "" : "warning: ") + finding.message +
         (finding.hint.empty() ? "" : " - " + finding.hint));
  }
  if (exit != Exit::Fine) { tell("nothing is started"); }
  return exit;
}

/// Writes to standard output. finish_output() reports a failure; behind one nothing is written.
void write_out(std::string_view text);
void write_error(std::string_view text);
/// What write_out() has kept goes to its reader: to be called before the program waits.
void flush_output();

/// Takes what is printed in the place of the standard streams. Thread-safe.
class OutputSink {
 public:
  enum class Stream : std::uint8_t { Out, Error };

  virtual ~OutputSink() = default;
  virtual void take(Stream stream, std::string_view text) = 0;
  /// Shows the text, which has so many rows, below all lines: until the next line is printed, or
  /// until it is drawn anew. For terminals.
  virtual void draw(std::string_view text, std::size_t rows) = 0;
};
/// From now on all goes to it; null: to the standard streams again.
void set_output_sink(OutputSink* sink);
/// What has become of standard output meanwhile: 0, or an errno.
void note_output_error(int error);

/// Draws as OutputSink does; without a sink nothing is drawn.
void draw_below(std::string_view text, std::size_t rows);

/// Writes some of the text to the descriptor of a standard stream, and takes it off its front. It
/// waits for room, also where the descriptor does not block. 0, or an errno.
int write_some(int fd, std::string_view& text);

/// Writes JSON to standard output: byte for byte, but on a terminal what must not be printed is
/// written as JSON's escapes, which mean the same.
void write_json(std::string_view json);

/// What write_json() does for a terminal.
std::string json_for_terminal(std::string_view json);

/// Flushes standard output. Exit::Usage if any of it could not be written; says so once.
Exit finish_output();

/// Whether to colour what goes to `stream`: as `choice` says, and for `auto` on a terminal only,
/// never with NO_COLOR.
bool wants_color(std::string_view choice, std::FILE* stream);

/// Columns of the terminal, or 100.
std::uint32_t terminal_width();

/// A path as it can be pasted into a shell: quoted where it must be.
std::string shell_word(std::string_view path);

}  // namespace promoflow::cli
