// SPDX-License-Identifier: Apache-2.0
/// @file
/// Configuration: the manifests that a team keeps together (flows, the workflow templates that are
/// their hooks, products, policies, permissions), read and checked as one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promoflow/diagnostic.hpp"
#include "promoflow/flow.hpp"
#include "promoflow/result.hpp"
#include "promoflow/text.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {
struct ConfigurationData;
}

/// Bounds against hostile configurations (M7). Past one of them: `limit-exceeded`.
struct ConfigurationLimits {
  TextLimits each{};                                  ///< Of each file.
  std::size_t text_bytes_max = std::size_t{1} << 30;  ///< Of all files together.
  std::size_t files_max = 100'000;                    ///< Files.
  std::size_t work_max = 150'000'000;                 ///< As TextLimits::work_max, for all files.
  std::size_t diagnostics_max = 1000;                 ///< Further ones are counted, not listed.
};

/// How a configuration is read.
struct ConfigurationOptions {
  ConfigurationLimits limits{};
  /// Keys of the promotion context that the host gives every release at its start.
  std::vector<std::string> initial_context{};
};

/// A further place that a diagnostic speaks of, in any of the files.
struct RelatedPlace {
  std::uint32_t file = 0;    ///< Index among the files.
  std::uint32_t line = 0;    ///< From 1.
  std::uint32_t column = 0;  ///< In characters, from 1.
  std::uint32_t length = 1;  ///< Characters to underline.
  std::string message;       ///< What is there.
};

/// One problem of a configuration.
struct ConfigurationDiagnostic {
  std::uint32_t file = 0;  ///< Index among the files; 2^32 - 1: it is about all of them.
  Diagnostic problem{};
  std::vector<RelatedPlace> related{};
};

/// Which of several policies stands (P8).
enum class PolicyOrder : std::int32_t {
  Descending = 1,  ///< That of the highest priority.
  Ascending = 2,   ///< That of the lowest.
};

/// What triggers a promotion (P9). What is not given is the empty text.
struct Trigger {
  std::string_view product;
  std::string_view message{};   ///< Of the commit.
  std::string_view revision{};  ///< A branch or a tag.
};

/// A flow, or a policy, that was not taken, and why.
struct Rejected {
  std::string name;
  std::string why;
};

/// One field of the policy of an environment.
struct PolicyField {
  std::string value;
  std::string origin;  ///< `step`, `policy NAME` or `default`.
};

/// The policy of one environment (P8).
struct EnvironmentPolicy {
  std::string environment;
  std::optional<PolicyField> pre_action{};
  PolicyField action{};
  std::optional<PolicyField> post_action{};
  std::vector<Rejected> lost{};  ///< Every policy that gives it no field, by bytes of its name.
  /// Fields that several policies of the deciding priority give, in words.
  std::vector<std::string> ties{};
};

/// Which flow a trigger starts, and the policies of its environments.
struct Resolution {
  std::string product;
  std::optional<Flow> flow{};        ///< As its manifest says it; none: no flow matches.
  std::vector<Rejected> rejected{};  ///< The product's flows before it; all, if none matches.
  std::vector<EnvironmentPolicy> environments{};  ///< One for each step, in their order.
};

/// One hook of a flow that writes or reads a key of the promotion context.
struct ContextUse {
  std::string_view hook;
  Point point = Point::ReleaseOnStart;
  EnvironmentId environment = kTriggerEnvironment;  ///< Counts for environment points only.
  std::string_view key;
  bool writes = false;    ///< It exports the key, else it reads it.
  bool required = false;  ///< It reads the key and has no value without it.
};

/// A checked configuration. A small handle: copies share what was read, which lives as long as one
/// of them does. Immutable; all functions are thread-safe.
class PROMOFLOW_API Configuration {
 public:
  /// To move one is to copy it, so that none is ever empty.
  Configuration(const Configuration&) noexcept = default;
  Configuration& operator=(const Configuration&) noexcept = default;
  ~Configuration() = default;

  /// Its flows, in the order of the files.
  std::span<const Flow> flows() const noexcept PROMOFLOW_LIFETIMEBOUND;
  [[nodiscard]] std::optional<Flow> find_flow(std::string_view name) const noexcept;
  /// The names of its products, in the order of the files. May throw std::bad_alloc.
  std::vector<std::string_view> products() const PROMOFLOW_LIFETIMEBOUND;

  /// Answers P9, then P8 for each step of the flow. Cost: the product's selectors times the texts,
  /// then environments times policies. Errors: InvalidArgument (there is no such product),
  /// OutOfMemory.
  [[nodiscard]] Result<Resolution> resolve(
      const Trigger& trigger, PolicyOrder order = PolicyOrder::Descending) const noexcept;

  /// A flow of the configuration with the policies of its environments filled in, as `resolve`
  /// finds them; an empty product: those that ask for no product. Errors: InvalidArgument (there is
  /// no such product), OutOfMemory.
  [[nodiscard]] Result<Flow> with_policies(
      const Flow& flow, std::string_view product,
      PolicyOrder order = PolicyOrder::Descending) const noexcept;

  /// Who writes and who reads the promotion context of a flow of the configuration, as far as it is
  /// known: by key, writers first. Borrowed from the flow and the configuration.
  /// Errors: OutOfMemory, LimitExceeded (more than 10,000,000).
  [[nodiscard]] Result<std::vector<ContextUse>> context_uses(
      const Flow& flow PROMOFLOW_LIFETIMEBOUND) const noexcept PROMOFLOW_LIFETIMEBOUND;

  /// For the library's own modules.
  const detail::ConfigurationData& data() const noexcept PROMOFLOW_LIFETIMEBOUND { return *data_; }
  explicit Configuration(std::shared_ptr<const detail::ConfigurationData> data) noexcept
      : data_(std::move(data)) {}

 private:
  std::shared_ptr<const detail::ConfigurationData> data_;
};

/// What came of reading a configuration.
struct ConfigurationReport {
  std::optional<Configuration> configuration{};  ///< Given unless there is an error.
  /// All problems, in the order of the files and of each text.
  std::vector<ConfigurationDiagnostic> diagnostics{};
  std::size_t flows = 0;  ///< Flows that were found, those with errors included.
};

/// Reads and checks the files of a configuration. Documents of kinds that it does not know are
/// passed over. The texts are not kept. Cost: linear, but for P6's O(V E / 64) in each flow.
/// Errors: OutOfMemory; problems of the texts are in the report. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<ConfigurationReport> read_configuration(
    std::span<const DiagnosticSource> files, const ConfigurationOptions& options = {}) noexcept;

/// Whether at least one of them is an error.
PROMOFLOW_API bool has_errors(std::span<const ConfigurationDiagnostic> diagnostics) noexcept;

/// The diagnostics as text, in the order given; `files` are those that were read. Never prints.
/// Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> format_diagnostics(
    std::span<const ConfigurationDiagnostic> diagnostics, std::span<const DiagnosticSource> files,
    DiagnosticFormat format) noexcept;

/// A whole SARIF 2.1.0 log with one run; further places are relatedLocations.
/// Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> format_sarif(
    std::span<const ConfigurationDiagnostic> diagnostics,
    std::span<const DiagnosticSource> files) noexcept;

/// The answer of `promoflow resolve` as one JSON object. Errors: OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> to_json(const Resolution& resolution) noexcept;

/// A ServiceAccount, a Role and a RoleBinding that let hooks do what they must, and no more, as
/// YAML. Errors: InvalidArgument (a name that Kubernetes refuses), OutOfMemory. Thread-safe.
[[nodiscard]] PROMOFLOW_API Result<std::string> service_account_manifests(
    std::string_view name, std::string_view name_space) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
