// SPDX-License-Identifier: Apache-2.0
/// @file
/// OutputWriter: what a process that drives releases prints, written by threads of its own. Whoever
/// prints never waits for a reader: not what drives releases, and not what handles signals.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/output.hpp"

namespace promoflow::cli {

/// Both standard streams, while it lives. What nobody has read so far is kept in memory: all lines,
/// so as much as the releases print, but few drawings. Thread-safe.
class OutputWriter final : public OutputSink {
 public:
  /// To be made where the signals that stop a release are blocked: its threads inherit that.
  OutputWriter();
  OutputWriter(const OutputWriter&) = delete;
  OutputWriter& operator=(const OutputWriter&) = delete;
  ~OutputWriter() override;  ///< finish().

  void take(Stream stream, std::string_view text) override;
  void draw(std::string_view text, std::size_t rows) override;

  /// Waits until all is written; after hurry() as long only as the reader goes on reading. What
  /// comes later is not printed.
  void finish();
  /// The rest of the output is not worth a wait.
  void hurry();

 private:
  class StreamQueue;

  void erase();

  std::shared_ptr<StreamQueue> out_;
  /// The same queue where both streams go to one file: they keep their order.
  std::shared_ptr<StreamQueue> error_;
  std::mutex mutex_{};     ///< Guards the order of what is drawn and what is printed.
  std::size_t drawn_ = 0;  ///< Rows below the lines, on the terminal.
};

}  // namespace promoflow::cli
