// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a release queue answers, as texts that tests compare.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "promoflow/release_queue.hpp"

namespace promoflow::test {

/// `start r1`, `begin r1 staging`, `terminate r1: why`, `drop r1: why`.
inline std::string text_of(const QueueCommand& command) {
  struct Writer {
    std::string operator()(const StartRelease& it) const { return "start " + it.release; }
    std::string operator()(const BeginEnvironment& it) const {
      return "begin " + it.release + " " + it.environment;
    }
    std::string operator()(const TerminateRelease& it) const {
      return "terminate " + it.release + ": " + it.reason;
    }
    std::string operator()(const DropRelease& it) const {
      return "drop " + it.release + ": " + it.reason;
    }
  };
  return std::visit(Writer{}, command);
}

/// The commands that an event gives, or `refused`.
inline std::vector<std::string> answers(ReleaseQueue& queue, const QueueEvent& event) {
  const auto commands = queue.apply(event);
  if (!commands) { return {"refused"}; }
  std::vector<std::string> texts;
  for (const QueueCommand& command : *commands) { texts.push_back(text_of(command)); }
  return texts;
}

}  // namespace promoflow::test
