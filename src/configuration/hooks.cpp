// SPDX-License-Identifier: Apache-2.0
#include "configuration/hooks.hpp"

#include <fmt/format.h>

#include "base/position.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

void add(std::vector<HookRow>& table, const Flow& flow, Point point, std::uint32_t environment) {
  std::uint32_t index = 0;
  for (const Hook& hook : flow.hooks(point, EnvironmentId{environment})) {
    table.push_back({&hook, environment, index++, point});
  }
}

std::string_view list_of(Point point) {
  switch (point) {
    case Point::ReleaseOnStart:
    case Point::EnvironmentOnStart: return "onStart";
    case Point::ReleaseOnSuccess:
    case Point::EnvironmentOnSuccess: return "onSuccess";
    case Point::ReleaseOnFail:
    case Point::EnvironmentOnFail: return "onFail";
  }
  return "";
}

}  // namespace

std::vector<HookRow> hook_table(const Flow& flow) {
  std::vector<HookRow> table;
  for (const Point point : {Point::ReleaseOnStart, Point::ReleaseOnSuccess, Point::ReleaseOnFail}) {
    add(table, flow, point, 0);
  }
  for (std::uint32_t i = 1; i < flow.environment_count(); ++i) {
    for (const Point point :
         {Point::EnvironmentOnStart, Point::EnvironmentOnSuccess, Point::EnvironmentOnFail}) {
      add(table, flow, point, i);
    }
  }
  return table;
}

bool is_release_point(Point point) noexcept {
  return point == Point::ReleaseOnStart || point == Point::ReleaseOnSuccess ||
         point == Point::ReleaseOnFail;
}

bool is_on_fail(Point point) noexcept {
  return point == Point::ReleaseOnFail || point == Point::EnvironmentOnFail;
}

std::string describe(const Flow& flow, const HookRow& row) {
  if (is_release_point(row.point)) {
    return fmt::format("the release's {} hook {}", list_of(row.point), in_quotes(row.hook->name));
  }
  return fmt::format("the {} hook {} of {}", list_of(row.point), in_quotes(row.hook->name),
                     in_quotes(flow.environment_name(EnvironmentId{row.environment})));
}

SourcePlace hook_place(const FlowDocument& document, const std::vector<HookRow>& table,
                       std::size_t position) {
  const HookRow& row = table[position];
  const HookPlace& at = document.hooks[position];
  std::string pointer = document.spec_pointer;
  if (!is_release_point(row.point)) { pointer += fmt::format("/steps/{}", row.environment - 1); }
  pointer += fmt::format("/hooks/{}", at.on_end ? "onEnd" : list_of(row.point));
  if (at.in_list) { pointer += fmt::format("/{}", at.index); }
  return {document.place.file, document.place.document, at.line, at.column, std::move(pointer)};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
