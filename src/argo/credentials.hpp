// SPDX-License-Identifier: Apache-2.0
/// @file
/// Credentials: who we are to the server at this moment. Tokens are read anew when their file has
/// changed, and asked of a plugin when they have expired or were refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "argo/access.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What a request carries. Secret: never part of a message.
struct Identity {
  std::string authorization{};  ///< The header's value; empty: none.
  Pem certificate{};
  Pem key{};
};

/// What a plugin printed.
struct PluginAnswer {
  Identity identity{};
  std::optional<std::chrono::system_clock::time_point> expires{};
};

/// Reads an ExecCredential. Errors say what is missing, and nothing of what is there. Pure.
Result<PluginAnswer> read_exec_credential(std::string_view text);

/// Such as 2026-11-28T09:00:00Z; none: it is no such time.
std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text);

/// Runs a plugin, without a shell, and reads what it printed. It is killed after `time`.
Result<PluginAnswer> run_plugin(const ExecPlugin& plugin, const ClusterAccess& access,
                                std::chrono::milliseconds time);

class Credentials {
 public:
  explicit Credentials(const ClusterAccess& access) : access_(access) {}

  /// May read a file or run a plugin. Errors: InvalidArgument, for people.
  Result<Identity> current(std::chrono::system_clock::time_point now);
  /// The server has refused them: what was kept is not used again.
  void reject() noexcept;

 private:
  Result<std::string> token();

  const ClusterAccess& access_;
  std::string file_token_{};
  std::uint64_t file_mark_ = 0;  ///< Of the file as it was when it was read; 0: not yet.
  std::optional<PluginAnswer> kept_{};
  std::optional<Error> failed_{};  ///< What the plugin has said last; until `again_`.
  std::chrono::system_clock::time_point again_{};
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
