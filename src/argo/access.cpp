// SPDX-License-Identifier: Apache-2.0
// Where kubeconfigs and service accounts are looked for.
#include "argo/access.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr const char* kServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr std::size_t kFileMax = std::size_t{8} << 20;

tl::unexpected<Error> wrong(const char* where, std::string message) {
  return tl::unexpected(Error{ErrorCode::InvalidArgument, where, std::move(message)});
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// Those that are there are read together.
Result<ClusterAccess> read_files(const std::vector<std::string>& paths, std::string_view context) {
  std::vector<KubeconfigFile> files;
  std::string names;
  for (const std::string& path : paths) {
    std::string problem;
    std::optional<std::string> text = read_small_file(path, problem);
    if (!text) { return wrong("kubeconfig", fmt::format("{}: {}", path, problem)); }
    std::error_code ignored;
    std::string directory = std::filesystem::absolute(path, ignored).parent_path().string();
    files.push_back({std::move(*text), std::move(directory), paths.size() > 1 ? path : ""});
    if (!names.empty()) { names += ", "; }
    names += path;
  }
  Result<ClusterAccess> access = read_kubeconfigs(files, context);
  if (!access) {
    Error error = access.error();
    error.message = names + ": " + error.message;
    return tl::unexpected(std::move(error));
  }
  access->origin = names + ", " + access->origin;
  return access;
}

}  // namespace

Result<ClusterAccess> pod_access(const std::string& directory, const std::string& host,
                                 const std::string& port) {
  ClusterAccess access;
  if (host.empty() || port.empty() || !is_there(directory + "/token")) {
    return wrong("kubeconfig",
                 "there is no kubeconfig (--kubeconfig, $KUBECONFIG, ~/.kube/config), and this is "
                 "no pod with a service account");
  }
  const bool is_v6 = host.find(':') != std::string::npos;
  access.server = "https://" + (is_v6 ? '[' + host + ']' : host) + ':' + port;
  access.authority.path = directory + "/ca.crt";
  access.token_file = directory + "/token";
  std::string problem;
  access.name_space = read_small_file(directory + "/namespace", problem).value_or("");
  while (access.name_space.ends_with('\n')) { access.name_space.pop_back(); }
  access.origin = "the pod's service account";
  return access;
}

std::optional<std::string> read_small_file(const std::string& path, std::string& problem) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    problem = "it is a directory";
    return std::nullopt;
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    problem = std::generic_category().message(errno);
    return std::nullopt;
  }
  std::string text;
  for (std::istreambuf_iterator<char> at(file), end; at != end; ++at) {
    if (text.size() == kFileMax) {
      problem = "it is too large";
      return std::nullopt;
    }
    text += *at;
  }
  return text;
}

Result<ClusterAccess> find_access(const std::string& file, std::string_view context) {
  if (!file.empty()) { return read_files({file}, context); }
  std::string listed = variable("KUBECONFIG");
  std::vector<std::string> paths;
  while (!listed.empty()) {
    const std::string path = listed.substr(0, listed.find(':'));
    listed.erase(0, path.size() + 1);
    if (!path.empty() && is_there(path)) { paths.push_back(path); }
  }
  if (!paths.empty()) { return read_files(paths, context); }
  const std::string home = variable("HOME");
  if (!home.empty() && is_there(home + "/.kube/config")) {
    return read_files({home + "/.kube/config"}, context);
  }
  return pod_access(kServiceAccount, variable("KUBERNETES_SERVICE_HOST"),
                    variable("KUBERNETES_SERVICE_PORT"));
}

Result<ClusterAccess> access_to_argo_server(const std::string& url, const std::string& file,
                                            std::string_view context) {
  if (!url.starts_with("https://") && !url.starts_with("http://")) {
    return wrong("argo_server",
                 "'" + url + "' is no URL; write such as https://argo-server.argo:2746");
  }
  ClusterAccess access;
  Result<ClusterAccess> found = find_access(file, context);
  if (found) {
    access = std::move(*found);
    access.tls_server_name.clear();
    access.proxy.clear();
  } else if (!file.empty() || !context.empty()) {
    return found;
  }
  access.server = url;
  while (access.server.ends_with('/')) { access.server.pop_back(); }
  access.origin = "the Argo Server";
  if (const std::string token = variable("ARGO_TOKEN"); !token.empty()) {
    constexpr std::string_view kBearer = "Bearer ";
    access.token = token.starts_with(kBearer) ? token.substr(kBearer.size()) : token;
    access.token_file.clear();
    access.plugin.reset();
  }
  return access;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
