// SPDX-License-Identifier: Apache-2.0
/// @file
/// What each hook of a flow reads of the promotion context and exports to it, as far as that is
/// known: from its own object in the flow, and from its workflow template.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "configuration/hooks.hpp"
#include "configuration/model.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// One key that a hook reads.
struct KeyRead {
  std::uint32_t key = 0;
  bool required = false;
  bool is_own = false;                 ///< The hook's own object says that it reads the key.
  const SourcePlace* place = nullptr;  ///< In the template; null: in the hook's own object.
};

/// What one hook name stands for in its template; the same for all hooks of that name.
struct HookKeys {
  std::vector<KeyRead> reads{};
  std::vector<std::uint32_t> exports{};
  bool reads_known = false;
  bool exports_known = false;
};

class ContextGraph {
 public:
  /// Keys that hooks read and export, each counted for each hook: one template with very many keys
  /// may be the hook of very many environments.
  static constexpr std::size_t kUsesMax = 10'000'000;

  ContextGraph(const ConfigurationData& data, const Flow& flow);

  const std::vector<HookRow>& hooks() const noexcept { return hooks_; }
  std::size_t key_count() const noexcept { return keys_.size(); }
  std::string_view key(std::uint32_t key) const noexcept { return keys_[key]; }
  /// Borrowed until the next call: that of a hook with an object of its own is made anew.
  const HookKeys& keys_of(std::uint32_t hook);

 private:
  std::uint32_t intern(std::string_view key);
  const HookKeys& of_template(const std::string& name);

  const ConfigurationData& data_;
  std::vector<HookRow> hooks_;
  std::vector<std::string_view> keys_;  ///< Borrowed from the flow and the configuration.
  std::unordered_map<std::string_view, std::uint32_t> index_;
  std::unordered_map<std::string_view, HookKeys> templates_;
  HookKeys own_;
  std::unordered_map<std::uint32_t, std::size_t> own_reads_;  ///< Of keys: where they are in own_.
  std::unordered_set<std::uint32_t> own_exports_;
};

/// Sets Workflow::may_write_context of all, once their names are indexed.
void mark_writers(ConfigurationData& data);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
