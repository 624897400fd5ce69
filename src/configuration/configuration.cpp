// SPDX-License-Identifier: Apache-2.0
// The entry point: read_configuration().
#include "promoflow/configuration.hpp"
#include "base/limit_hint.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/guard.hpp"
#include "configuration/check.hpp"
#include "configuration/context_graph.hpp"
#include "configuration/read.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

/// Reads all files, as far as the limits allow. False: a limit was passed.
bool read_files(std::span<const DiagnosticSource> files, const ConfigurationLimits& limits,
                ConfigurationData& data, Findings& findings) {
  if (files.size() > limits.files_max) {
    findings.add_to_all(DiagnosticCode::LimitExceeded,
                        {fmt::format("more than {} files", limits.files_max),
                         limit_hint("check a part of them", "ConfigurationLimits::files_max")});
    return false;
  }
  std::size_t bytes = 0;
  for (const DiagnosticSource& file : files) { bytes += file.text.size(); }
  if (bytes > limits.text_bytes_max) {
    findings.add_to_all(
        DiagnosticCode::LimitExceeded,
        {fmt::format("the files have more than {} bytes of text", limits.text_bytes_max),
         limit_hint("check a part of them", "ConfigurationLimits::text_bytes_max")});
    return false;
  }
  ReadOptions options{.format = TextFormat::Auto, .limits = limits.each};
  std::size_t work = 0;
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    // Once as many problems are kept as are wanted, those of later files are only counted.
    options.limits.diagnostics_max =
        findings.is_full() ? 1 : std::min(limits.each.diagnostics_max, limits.diagnostics_max);
    work += read_file(i, files[i].text, options, data, findings);
    if (work > limits.work_max) {
      findings.add_to_all(DiagnosticCode::LimitExceeded,
                          {"the files hold too many values, aliases expanded",
                           limit_hint("check a part of them", "ConfigurationLimits::work_max")});
      return false;
    }
  }
  return true;
}

ConfigurationReport read_all(std::span<const DiagnosticSource> files,
                             const ConfigurationOptions& options) {
  auto data = std::make_shared<ConfigurationData>();
  Findings findings(options.limits.diagnostics_max);
  data->initial = options.initial_context;
  ConfigurationReport report;
  if (read_files(files, options.limits, *data, findings)) {
    index_documents(*data, findings);
    mark_writers(*data);
    check_references(*data, findings);
    check_permissions(*data, findings);
    check_context(*data, findings);
  }
  report.flows = data->flow_documents.size();
  const bool wrong = findings.errors() > 0;
  report.diagnostics = findings.finish(files);
  if (wrong) { return report; }
  for (const FlowDocument& document : data->flow_documents) {
    data->flows.push_back(*document.flow);
  }
  report.configuration.emplace(std::move(data));
  return report;
}

}  // namespace

}  // namespace detail

std::span<const Flow> Configuration::flows() const noexcept { return data_->flows; }

std::optional<Flow> Configuration::find_flow(std::string_view name) const noexcept {
  const auto found = data_->flow_index.find(name);
  if (found == data_->flow_index.end()) { return std::nullopt; }
  return data_->flow_documents[found->second].flow;
}

std::vector<std::string_view> Configuration::products() const {
  std::vector<std::string_view> names;
  names.reserve(data_->products.size());
  for (const detail::Product& product : data_->products) { names.emplace_back(product.name); }
  return names;
}

Result<ConfigurationReport> read_configuration(std::span<const DiagnosticSource> files,
                                               const ConfigurationOptions& options) noexcept {
  return detail::guarded(
      [&]() -> Result<ConfigurationReport> { return detail::read_all(files, options); });
}

bool has_errors(std::span<const ConfigurationDiagnostic> diagnostics) noexcept {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const ConfigurationDiagnostic& diagnostic) {
                       return diagnostic.problem.severity == Severity::Error;
                     });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
