// SPDX-License-Identifier: Apache-2.0
/// @file
/// What is wrong with a manifest or a scenario, and where.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "promoflow/result.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// How much a diagnostic matters: a document with an Error gives no flow, a Warning says what is
/// hardly meant, and a Note only informs.
enum class Severity : std::int32_t { Error = 1, Warning = 2, Note = 3 };

/// The kinds of problems (M6). The numbers are part of the ABI: never changed, never reused.
enum class DiagnosticCode : std::int32_t {
  Syntax = 1,
  MissingField = 2,
  UnknownField = 3,
  WrongType = 4,
  InvalidValue = 5,
  InvalidName = 6,
  DuplicateKey = 7,
  DuplicateEnvironment = 8,
  UnknownEnvironment = 9,
  SelfDependency = 10,
  DependencyCycle = 11,
  TriggerEnvironmentAsStep = 12,
  HookOnTriggerEnvironment = 13,
  LimitExceeded = 14,
  DuplicateFlow = 15,  ///< A text has two flows of one name.
  // These, and those from 110 on, are of configurations only: see configuration.hpp.
  DuplicateDocument = 16,         ///< Two documents have one kind, namespace and name.
  AmbiguousName = 17,             ///< A name that is referred to is there in two namespaces.
  UnknownFlow = 18,               ///< A product names a flow that is not there.
  UnknownPromotionTemplate = 19,  ///< A product names a promotion template that is not there.
  UnknownWorkflow = 20,           ///< A hook or an action has no workflow template.
  InvalidParameter = 21,          ///< Argo refuses the name of a parameter.
  ContextKeyNeverWritten = 22,    ///< A hook requires a key that no hook before it exports.
  FailureArgumentElsewhere = 23,  ///< A hook that is not onFail requires an argument of onFail.

  DeprecatedLayout = 101,
  DeprecatedField = 102,
  ExtensionField = 103,
  DuplicateDependency = 104,
  RedundantDependency = 105,
  UnknownHook = 106,       ///< Scenarios only: a rule names a hook that the flow does not have.
  ReservedArgument = 107,  ///< A hook's own argument has the name of a default one: never handed.
  ReadDifferently = 108,  ///< Kubernetes' reader of YAML takes an unquoted word for something else.
  SuspiciousName = 109,   ///< A name looks like another one, or like what a template left behind.
  PolicyNeverApplies = 110,      ///< A policy's selector names what is not there.
  NotAPromotionWorkflow = 111,   ///< A hook's template lacks the annotation of its origin.
  MissingPermission = 112,       ///< A hook's service account may not do what hooks do.
  ExcessivePermission = 113,     ///< A hook's service account may do more than hooks should.
  ContextNotExported = 114,      ///< An output parameter does not reach the promotion context.
  ContextKeyMayBeMissing = 115,  ///< In some run a key is missing that a hook requires.
  ContextKeyRace = 116,          ///< Two hooks whose order is open export one key.
  PolicyTie = 117,               ///< Two policies of one priority give the same field.

  ContextKeyUnused = 201,  ///< A key is exported and read by nobody.
};

/// The code's name as M6 spells it, such as `unknown-field`. Static storage.
PROMOFLOW_API std::string_view to_string(DiagnosticCode code) noexcept;

/// `error`, `warning` or `note`. Static storage.
PROMOFLOW_API std::string_view to_string(Severity severity) noexcept;

/// One problem, with its place. A plain value; it owns its text.
struct Diagnostic {
  DiagnosticCode code = DiagnosticCode::Syntax;
  Severity severity = Severity::Error;
  std::uint32_t document = 0;  ///< Which document of the text, from 0.
  std::string pointer;         ///< JSON pointer (RFC 6901) into that document; empty: its root.
  std::uint32_t line = 0;      ///< From 1; 0 when there is no text (a flow built in code).
  std::uint32_t column = 0;    ///< In characters (code points), from 1; 0 as above.
  std::uint32_t length = 1;    ///< Characters to underline, at least 1.
  std::string message;         ///< What is wrong.
  std::string hint;            ///< What to do about it; empty where nothing helpful can be said.
};

/// Whether at least one of them is an error.
PROMOFLOW_API bool has_errors(std::span<const Diagnostic> diagnostics) noexcept;

/// What the diagnostics were found in, for printing them.
struct DiagnosticSource {
  std::string_view file;  ///< Name to print, such as `flow.yaml` or `<stdin>`.
  std::string_view text;  ///< The text that was read; lines are quoted from it. May be empty.
};

/// How diagnostics are written.
enum class DiagnosticFormat : std::int32_t {
  Text = 1,         ///< Like a compiler: `file:line:column`, the line, a caret, the hint.
  ColoredText = 2,  ///< The same with ANSI colours.
  Json = 3,         ///< One JSON object a line.
};

/// The diagnostics of one source as text, in the order given; empty for none. Never prints.
/// Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> format_diagnostics(
    std::span<const Diagnostic> diagnostics, DiagnosticSource source,
    DiagnosticFormat format) noexcept;

/// The diagnostics of one file, for a SARIF log of several.
struct SarifInput {
  std::string_view file;
  std::span<const Diagnostic> diagnostics;
};

/// A whole SARIF 2.1.0 log with one run. Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> format_sarif(
    std::span<const SarifInput> inputs) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
