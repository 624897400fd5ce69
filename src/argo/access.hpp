// SPDX-License-Identifier: Apache-2.0
/// @file
/// ClusterAccess: where a server is and who we are to it, as a kubeconfig or a pod's service
/// account says it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promoflow/result.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A certificate or a key: its text, or the file that has it. Neither: there is none.
struct Pem {
  std::string text{};
  std::string path{};
  bool empty() const noexcept { return text.empty() && path.empty(); }
};

/// A program that prints credentials.
struct ExecPlugin {
  std::string api_version{};
  std::string command{};  ///< With a `/`: a path; else looked up in PATH.
  std::vector<std::string> arguments{};
  std::vector<std::pair<std::string, std::string>> environment{};
  std::string install_hint{};
  bool wants_cluster = false;  ///< It is told of the cluster.
};

struct ClusterAccess {
  std::string server{};  ///< `https://HOST:PORT/PATH`, without a `/` at its end.
  Pem authority{};       ///< Empty: the system's.
  bool is_insecure = false;
  std::string tls_server_name{};  ///< Which name the certificate is of, if not the host's.
  std::string proxy{};
  Pem certificate{};
  Pem key{};
  std::string token{};
  std::string token_file{};  ///< Stands over `token`.
  std::string user{};        ///< With `password`: basic authentication.
  std::string password{};
  std::optional<ExecPlugin> plugin{};
  std::string name_space{};
  std::string origin{};  ///< Where all that is from, for people.
};

/// Reads a kubeconfig. Relative paths in it are taken from `directory`. `context`: empty: its
/// current one. Errors: InvalidArgument; `where` is `kubeconfig` or `context`. Pure.
Result<ClusterAccess> read_kubeconfig(std::string_view text, const std::string& directory,
                                      std::string_view context);

struct KubeconfigFile {
  std::string text{};
  std::string directory{};
  std::string name{};  ///< For people; may be empty.
};

/// The same of several, as kubectl puts them together: of two things of one name the first counts.
Result<ClusterAccess> read_kubeconfigs(const std::vector<KubeconfigFile>& files,
                                       std::string_view context);

/// Access with the service account of a pod, whose files are in `directory`: its token is read anew
/// when it changes. Errors: InvalidArgument (there is none).
Result<ClusterAccess> pod_access(const std::string& directory, const std::string& host,
                                 const std::string& port);

/// Takes the file that is named, else those of $KUBECONFIG, ~/.kube/config, or, in a pod, its
/// service account. Errors: InvalidArgument.
Result<ClusterAccess> find_access(const std::string& file, std::string_view context);

/// Access to an Argo Server at that URL: with the credentials of a kubeconfig or a pod, where there
/// are any.
Result<ClusterAccess> access_to_argo_server(const std::string& url, const std::string& file,
                                            std::string_view context);

/// The bytes that a text of Base64 stands for; none: it is not Base64. Blanks are passed over.
std::optional<std::string> decode_base64(std::string_view text);

/// A whole file of at most some MiB; none: it cannot be read, and `problem` says why.
std::optional<std::string> read_small_file(const std::string& path, std::string& problem);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
