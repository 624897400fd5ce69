// SPDX-License-Identifier: Apache-2.0
// Which flow a trigger starts (P9), and which policy an environment has (P8).
#include "configuration/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/guard.hpp"
#include "base/json_writer.hpp"
#include "base/position.hpp"
#include "base/suggest.hpp"
#include "configuration/model.hpp"
#include "configuration/wildcard.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

constexpr std::string_view kDefaultAction = "commit";
constexpr std::size_t kFields = 3;
constexpr std::array<std::string_view, kFields> kFieldNames = {"preAction", "action", "postAction"};

using Fields = std::array<std::optional<std::string>, kFields>;

/// The fields of a policy, in P8's order.
Fields fields_of(const Policy& policy) {
  Fields fields;
  fields[0] = policy.pre_action;
  if (policy.action) { fields[1] = to_string(*policy.action); }
  fields[2] = policy.post_action;
  return fields;
}

// --- triggers ------------------------------------------------------------------------------------

std::string_view key_of(TriggerText text) {
  switch (text) {
    case TriggerText::CommitMessage: return "commitMessage";
    case TriggerText::GitRevision: return "gitRevision";
  }
  return "";
}

std::string_view text_of(TriggerText text, const Trigger& trigger) {
  return text == TriggerText::CommitMessage ? trigger.message : trigger.revision;
}

/// The value that decides: the one that matches; null: none does.
const std::string* find_match(const TriggerSelector& selector, std::string_view text) {
  const auto found =
      std::find_if(selector.values.begin(), selector.values.end(),
                   [&](const std::string& value) { return matches_wildcard(value, text); });
  return found == selector.values.end() ? nullptr : &*found;
}

std::string listed_values(const TriggerSelector& selector) {
  constexpr std::size_t kListedMax = 5;
  std::string out;
  for (std::size_t i = 0; i < selector.values.size() && i < kListedMax; ++i) {
    out += fmt::format("{}{}", i == 0 ? "" : ", ", in_quotes(selector.values[i]));
  }
  if (selector.values.size() > kListedMax) {
    out += fmt::format(" and {} more", selector.values.size() - kListedMax);
  }
  return out;
}

/// Why the first selector that fails does; empty: all match.
std::string why_not(const ProductFlow& flow, const Trigger& trigger) {
  for (const TriggerSelector& selector : flow.selectors) {
    const std::string_view text = text_of(selector.text, trigger);
    const std::string* const match = find_match(selector, text);
    if ((match != nullptr) != selector.negated) { continue; }
    const std::string_view key = key_of(selector.text);
    if (match != nullptr) {
      return fmt::format("{} {} matches {}, which is excluded", key, in_quotes(text),
                         in_quotes(*match));
    }
    const std::string values = listed_values(selector);
    return text.empty() ? fmt::format("{} is empty, and matches none of {}", key, values)
                        : fmt::format("{} {} matches none of {}", key, in_quotes(text), values);
  }
  return {};
}

// --- policies ------------------------------------------------------------------------------------

bool is_among(std::string_view wanted, std::span<const std::string> values) {
  return std::find(values.begin(), values.end(), wanted) != values.end();
}

bool has_common(std::span<const std::string> left, std::span<const std::string> right) {
  return std::any_of(left.begin(), left.end(),
                     [&](const std::string& value) { return is_among(value, right); });
}

/// The policies of a configuration for one product, judged for one environment after another.
class PolicyResolver {
 public:
  /// `product`: empty if there is none.
  PolicyResolver(const ConfigurationData& data, std::string_view product, PolicyOrder order)
      : data_(data), order_(order), product_name_(product) {
    const auto found = data.product_index.find(product);
    product_ = found == data.product_index.end() ? nullptr : &data.products[found->second];
    for (const std::uint32_t i : data.policies_by_name) {
      fields_.push_back(fields_of(data.policies[i].policy));
    }
  }

  /// Without EnvironmentPolicy::lost.
  EnvironmentPolicy resolve(std::string_view environment, const Policy& own);
  /// Of the environment that was resolved last.
  std::vector<Rejected> lost(const Policy& own) const;

 private:
  /// The first part of the selector that does not match; none: all do.
  std::optional<Part> mismatch(const PolicyDocument& policy, std::string_view environment) const;
  bool matches(Part part, std::span<const std::string> values, std::string_view environment) const;
  /// Whether the first stands over the second, whose name is not smaller.
  bool stands_over(std::int64_t first, std::int64_t second) const {
    return order_ == PolicyOrder::Descending ? first >= second : first <= second;
  }
  std::optional<PolicyField> decide(std::size_t field, EnvironmentPolicy& out);
  std::string why_lost(std::size_t row, const Fields& own) const;
  const PolicyDocument& policy(std::size_t row) const {
    return data_.policies[data_.policies_by_name[row]];
  }

  static constexpr std::size_t kNone = SIZE_MAX;

  const ConfigurationData& data_;
  PolicyOrder order_;
  std::string_view product_name_;
  const Product* product_ = nullptr;
  const EnvironmentDocument* environment_ = nullptr;
  std::vector<Fields> fields_;                 ///< By position in policies_by_name, as all rows.
  std::vector<std::optional<Part>> failed_;    ///< What did not match for this environment.
  std::array<std::size_t, kFields> winner_{};  ///< kNone: no policy gave the field.
};

bool PolicyResolver::matches(Part part, std::span<const std::string> values,
                             std::string_view environment) const {
  if (values.empty()) { return true; }
  switch (part) {
    case Part::ProductNames: return is_among(product_name_, values);
    case Part::ProductTags: return product_ != nullptr && has_common(product_->tags, values);
    case Part::EnvironmentNames: return is_among(environment, values);
    case Part::EnvironmentTags:
      return environment_ != nullptr && has_common(environment_->tags, values);
    case Part::EnvironmentTypes:
      return environment_ != nullptr && is_among(environment_->type, values);
  }
  return false;
}

std::optional<Part> PolicyResolver::mismatch(const PolicyDocument& policy,
                                             std::string_view environment) const {
  for (std::size_t i = 0; i < policy.parts.size(); ++i) {
    const Part part = static_cast<Part>(i);
    if (!matches(part, policy.parts[i], environment)) { return part; }
  }
  return std::nullopt;
}

/// The field of the policy that stands over all others. Rows are in the order of the names, so the
/// first of equal priority has the smaller one.
std::optional<PolicyField> PolicyResolver::decide(std::size_t field, EnvironmentPolicy& out) {
  std::size_t best = kNone;
  std::vector<std::size_t> equal;
  for (std::size_t row = 0; row < fields_.size(); ++row) {
    if (failed_[row] || !fields_[row][field]) { continue; }
    if (best == kNone || !stands_over(policy(best).priority, policy(row).priority)) {
      best = row;
      equal.clear();
    }
    if (policy(row).priority == policy(best).priority) { equal.push_back(row); }
  }
  winner_[field] = best;
  if (best == kNone) { return std::nullopt; }
  if (equal.size() > 1) {
    out.ties.push_back(fmt::format(
        "{} of environment {}: {} policies of priority {} give it ({}{}); {} is taken, whose name "
        "is the smallest",
        kFieldNames[field], in_quotes(out.environment), equal.size(), policy(best).priority,
        in_quotes(policy(equal[0]).name) + ", " + in_quotes(policy(equal[1]).name),
        equal.size() > 2 ? ", ..." : "", in_quotes(policy(best).name)));
  }
  return PolicyField{*fields_[best][field], fmt::format("policy {}", policy(best).name)};
}

std::string PolicyResolver::why_lost(std::size_t row, const Fields& own) const {
  if (failed_[row]) {
    return fmt::format("no match: {}", kPartNames[static_cast<std::size_t>(*failed_[row])]);
  }
  std::string why;
  for (std::size_t field = 0; field < kFields; ++field) {
    why += fmt::format("{}{}: ", why.empty() ? "" : "; ", kFieldNames[field]);
    if (!fields_[row][field]) {
      why += "not given";
    } else if (own[field]) {
      why += "the step gives its own";
    } else {
      const PolicyDocument& winner = policy(winner_[field]);
      const std::int64_t priority = policy(row).priority;
      why += priority == winner.priority
                 ? fmt::format("policy {} has the same priority {} and a smaller name",
                               in_quotes(winner.name), priority)
                 : fmt::format("{} priority {} than the {} of policy {}",
                               priority < winner.priority ? "lower" : "higher", priority,
                               winner.priority, in_quotes(winner.name));
    }
  }
  return why;
}

EnvironmentPolicy PolicyResolver::resolve(std::string_view environment, const Policy& own) {
  const auto found = data_.environment_index.find(environment);
  environment_ =
      found == data_.environment_index.end() ? nullptr : &data_.environments[found->second];
  failed_.clear();
  for (std::size_t row = 0; row < fields_.size(); ++row) {
    failed_.push_back(mismatch(policy(row), environment));
  }
  EnvironmentPolicy out;
  out.environment = environment;
  const Fields step = fields_of(own);
  std::array<std::optional<PolicyField>, kFields> fields;
  for (std::size_t field = 0; field < kFields; ++field) {
    winner_[field] = kNone;
    fields[field] = step[field] ? PolicyField{*step[field], "step"} : decide(field, out);
  }
  out.pre_action = std::move(fields[0]);
  out.action = std::move(fields[1]).value_or(PolicyField{std::string(kDefaultAction), "default"});
  out.post_action = std::move(fields[2]);
  return out;
}

std::vector<Rejected> PolicyResolver::lost(const Policy& own) const {
  std::vector<Rejected> lost;
  const Fields step = fields_of(own);
  for (std::size_t row = 0; row < fields_.size(); ++row) {
    if (std::find(winner_.begin(), winner_.end(), row) == winner_.end()) {
      lost.push_back({policy(row).name, why_lost(row, step)});
    }
  }
  return lost;
}

Error unknown_product(const ConfigurationData& data, std::string_view name) {
  Suggestions suggestions(name);
  for (const Product& product : data.products) { suggestions.offer(product.name); }
  std::string message = fmt::format("there is no product {}", in_quotes(name));
  if (!suggestions.best().empty()) { message += "; " + suggestions.hint(); }
  return {ErrorCode::InvalidArgument, "product", std::move(message)};
}

PolicyAction action_of(std::string_view word) {
  for (const PolicyAction action :
       {PolicyAction::Commit, PolicyAction::PullRequest, PolicyAction::None}) {
    if (to_string(action) == word) { return action; }
  }
  return PolicyAction::Commit;
}

void write_field(JsonWriter& out, std::string_view name, const PolicyField& field) {
  out.key(name).begin_object();
  out.key("value").text(field.value).key("origin").text(field.origin).end_object();
}

void write_rejected(JsonWriter& out, std::string_view name, const Rejected& rejected) {
  out.begin_object().key(name).text(rejected.name).key("why").text(rejected.why).end_object();
}

}  // namespace

Result<Resolution> resolve(const ConfigurationData& data, const Trigger& trigger, PolicyOrder order,
                           const WantedEnvironments& wanted) noexcept {
  return guarded([&]() -> Result<Resolution> {
    const auto found = data.product_index.find(trigger.product);
    if (found == data.product_index.end()) {
      return tl::unexpected(unknown_product(data, trigger.product));
    }
    Resolution out;
    out.product = trigger.product;
    for (const ProductFlow& entry : data.products[found->second].flows) {
      std::string why = why_not(entry, trigger);
      if (!why.empty()) {
        out.rejected.push_back({entry.flow.name, std::move(why)});
        continue;
      }
      const auto flow = data.flow_index.find(entry.flow.name);
      if (flow != data.flow_index.end()) { out.flow = data.flow_documents[flow->second].flow; }
      break;
    }
    if (!out.flow || wanted.none) { return out; }
    PolicyResolver resolver(data, trigger.product, order);
    for (std::uint32_t i = 1; i < out.flow->environment_count(); ++i) {
      const EnvironmentId id{i};
      const std::string_view name = out.flow->environment_name(id);
      if (!wanted.only.empty() && wanted.only != name) { continue; }
      const Policy& own = out.flow->step(id).policy;
      EnvironmentPolicy& policy = out.environments.emplace_back(resolver.resolve(name, own));
      policy.lost = resolver.lost(own);
    }
    return out;
  });
}

}  // namespace detail

Result<Resolution> Configuration::resolve(const Trigger& trigger,
                                          PolicyOrder order) const noexcept {
  return detail::resolve(*data_, trigger, order, {});
}

Result<Flow> Configuration::with_policies(const Flow& flow, std::string_view product,
                                          PolicyOrder order) const noexcept {
  return detail::guarded([&]() -> Result<Flow> {
    if (!product.empty() && data_->product_index.count(product) == 0) {
      return tl::unexpected(detail::unknown_product(*data_, product));
    }
    detail::PolicyResolver resolver(*data_, product, order);
    FlowBuilder builder(flow.name(), flow.environment_name(kTriggerEnvironment));
    builder.options(flow.options());
    std::vector<std::string_view> depends_on;
    for (std::uint32_t i = 1; i < flow.environment_count(); ++i) {
      const EnvironmentId id{i};
      depends_on.clear();
      for (const EnvironmentId on : flow.dependencies(id)) {
        depends_on.push_back(flow.environment_name(on));
      }
      StepOptions step = flow.step(id);
      EnvironmentPolicy policy = resolver.resolve(flow.environment_name(id), step.policy);
      const auto value = [](const std::optional<PolicyField>& field) {
        return field ? std::optional(field->value) : std::nullopt;
      };
      step.policy = {detail::action_of(policy.action.value), value(policy.pre_action),
                     value(policy.post_action)};
      builder.step(flow.environment_name(id), depends_on, step);
    }
    Result<FlowReport> built = builder.build();
    if (!built) { return tl::unexpected(std::move(built.error())); }
    if (!built->flow) {
      return tl::unexpected(Error{ErrorCode::Internal, {}, "the flow could not be built again"});
    }
    return *std::move(built->flow);
  });
}

Result<std::string> to_json(const Resolution& resolution) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    std::string text;
    detail::JsonWriter out(text);
    out.begin_object().key("product").text(resolution.product);
    out.key("flow").begin_object().key("name");
    if (resolution.flow) {
      out.text(resolution.flow->name());
    } else {
      out.null();
    }
    out.key("rejected").begin_array();
    for (const Rejected& flow : resolution.rejected) { detail::write_rejected(out, "name", flow); }
    out.end_array().end_object().key("environments").begin_array();
    for (const EnvironmentPolicy& environment : resolution.environments) {
      out.begin_object().key("name").text(environment.environment);
      out.key("policy").begin_object();
      if (environment.pre_action) {
        detail::write_field(out, "preAction", *environment.pre_action);
      }
      detail::write_field(out, "action", environment.action);
      if (environment.post_action) {
        detail::write_field(out, "postAction", *environment.post_action);
      }
      out.end_object().key("lost").begin_array();
      for (const Rejected& policy : environment.lost) {
        detail::write_rejected(out, "policy", policy);
      }
      out.end_array().end_object();
    }
    out.end_array().end_object();
    return text + "\n";
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
