// SPDX-License-Identifier: Apache-2.0
/// @file
/// Words that all drawings share: what a flow says about an environment, and how text is measured,
/// shortened and coloured for a terminal. Every function that returns text may throw
/// std::bad_alloc.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/printable.hpp"
#include "promoflow/exploration.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/record.hpp"
#include "promoflow/release.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What is drawn: a flow, and how far a release of it has come, or an outcome, if there is one.
struct Subject {
  const Flow& flow;
  const Release* release = nullptr;
  const ReleaseOutcome* outcome = nullptr;
  /// Given: what is drawn is no flow of environments, but this.
  std::string_view summary{};
};

/// One line below an environment's name: `onStart`, `slack-start, audit (timeout 10s)`.
struct Detail {
  std::string_view label;  ///< Static storage.
  std::string text;
  std::optional<Point> point{};  ///< Given for hooks.
};

/// What a drawing says about one environment; names are as the flow has them, not yet escaped.
struct EnvironmentWords {
  std::string_view name;
  std::string kind;  ///< `trigger`, or the policy's action; empty: the policy has none.
  std::vector<Detail> details;
  std::optional<EnvironmentStatus> status{};  ///< With a release only.
  std::string status_text;                    ///< `Failed: Application degraded`.
};

EnvironmentWords environment_words(const Subject& subject, EnvironmentId environment);

/// The hooks of one point as `a, b (retry 3)`; empty: there are none.
std::string hook_names(const Flow& flow, Point point, EnvironmentId environment);

/// `3 environments, failFast, at most 24h`; other limits of the flow where they are given.
std::string subject_words(const Subject& subject);

/// `r-42: Failed: Application degraded`.
std::string release_words(const Release& release);

/// A duration in Go's form, without the Result.
std::string duration_words(std::chrono::milliseconds duration);

/// ` (by ann)`; empty: it is not known who asked.
std::string by_words(std::string_view by);

/// `1 hook`, `2 hooks`: the plural is the word with an s.
std::string counted(std::size_t count, std::string_view word);

/// Dependencies that are written out for one environment.
inline constexpr std::size_t kDependenciesShownMax = 8;

// --- text for terminals --------------------------------------------------------------------------

/// Columns of a terminal that a text takes: East Asian wide characters two, combining ones none.
std::size_t columns(std::string_view text) noexcept;

/// Longest name or value that a drawing shows in full, in columns.
inline constexpr std::size_t kNameColumnsMax = 48;

/// The text as append_printable() has it, shortened with an ellipsis where it is longer than
/// `columns_max`.
std::string printable(std::string_view text, bool ascii, std::size_t columns_max);

/// The text as append_printable() has it, on one line, with XML's five special characters escaped;
/// XML, and Graphviz labels, are the same in this.
void append_xml(std::string& out, std::string_view text);

/// Breaks a text at spaces (and at its own line ends) so that no line is longer than `width`
/// columns where that is possible. Never empty.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// What a piece of text is, so that colour follows meaning.
enum class Tone : unsigned char { Plain, Strong, Faint, Good, Bad, Busy, Waiting, Stopped };

Tone tone(EnvironmentStatus status) noexcept;

/// The environment status that looks like the release's: one set of signs and colours for both.
EnvironmentStatus look_of(ReleaseStatus status) noexcept;

/// One character for a status.
std::string_view sign_of(EnvironmentStatus status, bool ascii) noexcept;

/// Appends the text, in ANSI colours if `color`.
void paint(std::string& out, Tone tone, std::string_view text, bool color);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
