// SPDX-License-Identifier: Apache-2.0
/// @file
/// The table-driven checker. An object's fields are rows of a table; unknown, missing, mistyped,
/// deprecated and extension fields are all reported from it. Manifests and scenarios use it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "document/document.hpp"
#include "flow/check_options.hpp"
#include "manifest/reporter.hpp"

namespace promoflow::detail {

/// What a value must be.
enum class Expect : std::uint8_t { Anything, Text, Scalar, Integer, Number, Sequence, Mapping };

/// What else is to be said about a field.
enum class Use : std::uint8_t {
  Optional,
  Required,
  Extension,   ///< M4: a warning, unless the manifest says that it knows.
  Deprecated,  ///< M3: a warning.
  PassedOver,  ///< M3: of Kubernetes; not looked at.
};

/// A row, but for what is done with the value.
struct FieldInfo {
  std::string_view name;
  Expect expect = Expect::Anything;
  Use use = Use::Optional;
  std::string_view advice = {};  ///< The hint when the type is wrong or the field is deprecated.
};

/// Reads fields of a document and reports what is wrong with them.
class Checker {
 public:
  Checker(const Document& of, Reporter& to, const TextLimits& within)
      : document(of), report(to), limits(within) {}

  const Document& document;
  Reporter& report;
  const TextLimits& limits;
  bool extensions_known = false;  ///< Silences the warnings of Use::Extension.

  std::string_view text(const NodePath& place) const { return document.text(place.node); }

  /// Whether the value is there and of the right type; what is to be said about it is reported.
  bool accepts(const FieldInfo& field, const NodePath& value);
  bool has_type(Expect expect, const NodePath& value, std::string_view advice = {});
  void warn_of_extension(const NodePath& place, NodeId at, std::string_view what);

  /// Values of one kind each; what is wrong is reported, and then there is none.
  std::optional<std::string_view> name(const NodePath& value);
  std::optional<std::chrono::milliseconds> duration(const NodePath& value, bool zero_allowed);
  std::optional<std::int64_t> integer(const NodePath& value, std::int64_t least, std::int64_t most);
  /// The index of the word among those of an enumeration.
  std::optional<std::size_t> word(const NodePath& value, std::span<const std::string_view> words);

  /// An unknown key: the index of the row that is meant if that is clear, so that the value is
  /// still checked and nothing is called missing; else the number of rows.
  std::size_t unknown_field(const NodePath& object, NodeId key,
                            std::span<const FieldInfo* const> fields);
  void missing_field(const NodePath& object, std::string_view name);

 private:
  std::string describe(const NodePath& value) const;
  void wrong_type(Expect expect, const NodePath& value, std::string_view advice);
};

/// A row: `read` is called with values that are there and of the right type.
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
      const NodePath place{value, &object, key};
      if (checker.accepts(fields[row], place)) { fields[row].read(checker, place, target); }
    }
    key = document.next(value);
  }
  for (std::size_t row = 0; row < N; ++row) {
    if (fields[row].use == Use::Required && (seen >> row & 1U) == 0) {
      checker.missing_field(object, fields[row].name);
    }
  }
}

}  // namespace promoflow::detail
