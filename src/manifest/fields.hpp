// SPDX-License-Identifier: Apache-2.0
/// @file
/// Table-driven reading of mappings, for manifests and scenarios. A table has a row for each field;
/// unknown, missing, mistyped, deprecated and extension fields are reported by it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "document/document.hpp"
#include "flow/check_options.hpp"
#include "manifest/reporter.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// The type that a value must have.
enum class Expect : std::uint8_t { Anything, Text, Scalar, Integer, Number, Sequence, Mapping };

/// Whether a field must be there, and which warning it causes.
enum class Use : std::uint8_t {
  Optional,
  Required,
  Extension,   ///< A warning, unless the manifest's annotation silences it (M4).
  Deprecated,  ///< A warning (M3).
  PassedOver,  ///< Kubernetes' own; its value is ignored (M3).
};

/// A row without its function.
struct FieldInfo {
  std::string_view name;
  Expect expect = Expect::Anything;
  Use use = Use::Optional;
  std::string_view advice = {};  ///< The hint when the type is wrong or the field is deprecated.
};

/// Reads values of a document and reports what is wrong with them.
class Checker {
 public:
  Checker(const Document& of, Reporter& to, const TextLimits& within)
      : document(of), report(to), limits(within) {}

  const Document& document;
  Reporter& report;
  const TextLimits& limits;
  bool extensions_known = false;  ///< Silences the warnings of Use::Extension.
  /// The text goes to a cluster as well: what that reads differently gets a warning.
  bool cluster_reads = false;

  std::string_view text(const NodePath& path) const { return document.text(path.node); }

  /// Whether the value is there and of the right type. Reports if not, and the field's own warning.
  bool accepts(const FieldInfo& field, const NodePath& value);
  /// Counts the work of a part of the flow, see TextLimits::work_max. False: it is too much, which
  /// is reported once, and the part is to be left out.
  bool spend(std::size_t work, const NodePath& value);
  bool has_type(Expect expect, const NodePath& value, std::string_view advice = {});
  void warn_of_extension(const NodePath& path, NodeId at, std::string_view what);

  /// Each reads a value of one kind. None: the value is not valid, and that is reported.
  std::optional<std::string_view> name(const NodePath& value);
  /// The same, but of a name that is not valid what can be seen of it, so that each such name gives
  /// one problem, and not one for each step that refers to it.
  std::optional<std::string_view> graph_name(const NodePath& value);
  std::optional<std::chrono::milliseconds> duration(const NodePath& value, bool zero_allowed);
  std::optional<std::int64_t> integer(const NodePath& value, std::int64_t least, std::int64_t most);
  /// The index of the value among the words of an enumeration.
  std::optional<std::size_t> word(const NodePath& value, std::span<const std::string_view> words);

  /// Reports an unknown key. Returns the index of the row that is meant, so that the value is read
  /// and the field not reported as missing; the number of rows if that is not clear.
  std::size_t unknown_field(const NodePath& object, NodeId key,
                            std::span<const FieldInfo* const> fields);
  void missing_field(const NodePath& object, std::string_view name);

  /// Warnings of what a cluster reads differently: of a member that a merge key behind it brings,
  /// too, of a member's key with that, and of all scalars of a value.
  void warn_of_merge(const NodePath& member) {
    if (cluster_reads && document[member.key].before_merge != 0) { report_merge(member); }
  }
  void warn_of_key(const NodePath& member);
  /// Of a value that must be a number, and is `own` here.
  void warn_of_number(const NodePath& value, std::string_view own);
  void warn_of_values(const NodePath& value);

 private:
  std::string describe(const NodePath& value) const;
  void wrong_type(Expect expect, const NodePath& value, std::string_view advice);
  std::optional<std::string_view> unusual_name(const NodePath& value);
  void warn_of_suspicious(const NodePath& value);
  void warn_of_reading(const NodePath& value, std::string_view own) {
    if (cluster_reads && document[value.node].plain != 0) { warn_of_plain(value, own); }
  }
  void warn_of_plain(const NodePath& value, std::string_view own);
  void report_merge(const NodePath& member);

  std::deque<std::string> visible_names_;  ///< What graph_name() returned of names not valid.
};

/// A row of a table: `read` is called only for values that are there and of the right type.
template <class Target>
struct Field : FieldInfo {
  void (*read)(Checker& checker, const NodePath& value, Target& target) = nullptr;
};

/// Reads a mapping by its table, in the order of the text.
template <class Target, std::size_t N>
void read_object(Checker& checker, const NodePath& object, const Field<Target> (&fields)[N],
                 Target& target) {
  static_assert(N <= 64, "one bit for each row");
  const Document& document = checker.document;
  std::uint64_t seen = 0;
  for (NodeId key = document.first(object.node); key != kNoNode;) {
    const NodeId value = document.next(key);
    const std::string_view name = document.text(key);
    std::size_t row = 0;
    while (row < N && fields[row].name != name) { ++row; }
    if (row == N) {
      std::array<const FieldInfo*, N> rows{};
      for (std::size_t i = 0; i < N; ++i) { rows[i] = &fields[i]; }
      row = checker.unknown_field(object, key, rows);
    }
    if (row < N) {
      seen |= std::uint64_t{1} << row;
      const NodePath path{value, &object, key};
      checker.warn_of_merge(path);
      if (checker.accepts(fields[row], path)) { fields[row].read(checker, path, target); }
    }
    key = document.next(value);
  }
  for (std::size_t row = 0; row < N; ++row) {
    if (fields[row].use == Use::Required && (seen >> row & 1U) == 0) {
      checker.missing_field(object, fields[row].name);
    }
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
