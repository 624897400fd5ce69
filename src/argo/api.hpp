// SPDX-License-Identifier: Apache-2.0
/// @file
/// Api: the requests of this executor, to the API server of a cluster or to an Argo Server. What
/// they have in common, and what their answers say when they refuse. Pure: no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "argo/http.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// How a workflow that runs is ended.
enum class Shutdown : std::uint8_t {
  None,
  Stop,       ///< Its exit handlers run.
  Terminate,  ///< They do not.
};

enum class ApiKind : std::uint8_t { Cluster, ArgoServer };

class Api {
 public:
  Api(ApiKind kind, std::string name_space, std::string instance)
      : kind_(kind), name_space_(std::move(name_space)), instance_(std::move(instance)) {}

  /// Whether objects can be kept by a finalizer, and labelled: an Argo Server changes none.
  bool keeps_outcomes() const noexcept { return kind_ == ApiKind::Cluster; }
  const std::string& name_space() const noexcept { return name_space_; }
  const std::string& instance() const noexcept { return instance_; }

  HttpRequest create(std::string_view object) const;
  /// What it answers is not from a cache.
  HttpRequest get(std::string_view name) const;
  /// All of this instance that are not settled. `next`: the token of the page before, or empty.
  HttpRequest list(std::string_view next) const;
  HttpRequest watch(std::string_view version, std::chrono::seconds time) const;
  HttpRequest shut_down(std::string_view name, Shutdown how) const;
  /// Takes the finalizer at this index away, and labels the object as settled. Only where
  /// outcomes are kept.
  HttpRequest settle(std::string_view name, std::optional<std::size_t> finalizer) const;

  /// Leases of coordination.k8s.io. Only of a cluster.
  HttpRequest get_lease(std::string_view name) const;
  HttpRequest create_lease(std::string object) const;
  /// Refused with 409 if the object has another version by then.
  HttpRequest update_lease(std::string_view name, std::string object) const;

 private:
  std::string workflows() const;
  std::string leases() const;
  std::string selection() const;

  ApiKind kind_;
  std::string name_space_;
  std::string instance_;
};

/// A text as a part of a path or of a query.
std::string url_escaped(std::string_view text);

/// Whether the same request may succeed later: the server is overloaded, starts or was not reached.
bool may_pass(const HttpResponse& response) noexcept;

/// What the server says why it refuses, for people; never empty.
std::string refusal(const HttpResponse& response);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
