// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <set>
#include <vector>

#include "argo/access.hpp"
#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

tl::unexpected<Error> wrong(const char* where, std::string message) {
  return tl::unexpected(Error{ErrorCode::InvalidArgument, where, std::move(message)});
}

/// One of the files that are read together.
struct Source {
  Document document{};
  std::string directory{};
};

/// A mapping in one of them; none: it is not there.
struct Place {
  const Source* source = nullptr;
  NodeId node = kNoNode;
  bool is_there() const noexcept { return node != kNoNode; }
};

/// Of each name, and of the current context, the first file that has it counts.
class KubeconfigReader {
 public:
  explicit KubeconfigReader(const std::deque<Source>& sources) : sources_(sources) {}

  Result<ClusterAccess> read(std::string_view wanted) {
    std::string context(wanted);
    for (const Source& source : sources_) {
      if (context.empty()) { context = text(root(source), "current-context"); }
    }
    if (context.empty()) {
      return wrong("context", "the kubeconfig has no current-context; name one");
    }
    const Place found = named("contexts", context, "context");
    if (!found.is_there()) {
      return wrong("context", "the kubeconfig has no context '" + context + "'" + known_contexts());
    }
    const std::string cluster_name = text(found, "cluster");
    const Place cluster = named("clusters", cluster_name, "cluster");
    if (!cluster.is_there()) {
      return wrong("kubeconfig", "the context '" + context + "' is of the cluster '" +
                                     cluster_name + "', which the kubeconfig does not have");
    }
    ClusterAccess access;
    access.name_space = text(found, "namespace");
    access.origin = "context '" + context + "'";
    if (auto read = read_cluster(cluster, access); !read) { return tl::unexpected(read.error()); }
    const std::string user_name = text(found, "user");
    const Place user = named("users", user_name, "user");
    if (!user.is_there() && !user_name.empty()) {
      return wrong("kubeconfig", "the context '" + context + "' is of the user '" + user_name +
                                     "', whom the kubeconfig does not have");
    }
    if (user.is_there()) {
      if (auto read = read_user(user, access); !read) { return tl::unexpected(read.error()); }
    }
    return access;
  }

 private:
  static Place root(const Source& source) { return {&source, source.document.roots.front()}; }

  static NodeId find(const Place& mapping, std::string_view key) {
    return mapping.is_there() ? mapping.source->document.find(mapping.node, key) : kNoNode;
  }
  static std::string text(const Place& mapping, std::string_view key) {
    const NodeId node = find(mapping, key);
    if (node == kNoNode) { return {}; }
    const Document& document = mapping.source->document;
    return document.kind(node) == NodeKind::Null ? std::string() : std::string(document.text(node));
  }
  static bool flag(const Place& mapping, std::string_view key) {
    return text(mapping, key) == "true";
  }

  /// The mappings of a list.
  static std::vector<Place> items(const Place& mapping, std::string_view key) {
    std::vector<Place> items;
    const NodeId list = find(mapping, key);
    if (list == kNoNode) { return items; }
    const Document& document = mapping.source->document;
    if (document.kind(list) != NodeKind::Sequence) { return items; }
    for (NodeId item = document.first(list); item != kNoNode; item = document.next(item)) {
      if (document.kind(item) == NodeKind::Mapping) { items.push_back({mapping.source, item}); }
    }
    return items;
  }

  /// The value under `inner` of the item of that name in a list of the roots.
  Place named(std::string_view list, std::string_view name, std::string_view inner) const {
    for (const Source& source : sources_) {
      for (const Place& item : items(root(source), list)) {
        if (text(item, "name") != name) { continue; }
        const NodeId value = find(item, inner);
        const bool is_mapping =
            value != kNoNode && source.document.kind(value) == NodeKind::Mapping;
        return is_mapping ? Place{&source, value} : Place{};
      }
    }
    return {};
  }

  std::string known_contexts() const {
    std::string names;
    std::set<std::string> seen;
    for (const Source& source : sources_) {
      for (const Place& item : items(root(source), "contexts")) {
        const std::string name = text(item, "name");
        if (!seen.insert(name).second) { continue; }
        names += (names.empty() ? "; it has " : ", ") + name;
      }
    }
    return names;
  }

  static std::string path(const Place& mapping, std::string_view key) {
    std::string value = text(mapping, key);
    return value.empty() || value.front() == '/' ? value : mapping.source->directory + '/' + value;
  }

  static Result<Pem> pem(const Place& mapping, const std::string& key) {
    Pem result;
    const std::string data = text(mapping, key + "-data");
    if (data.empty()) {
      result.path = path(mapping, key);
      return result;
    }
    std::optional<std::string> decoded = decode_base64(data);
    if (!decoded) { return wrong("kubeconfig", key + "-data is not Base64"); }
    result.text = std::move(*decoded);
    return result;
  }

  static Result<void> read_cluster(const Place& cluster, ClusterAccess& access) {
    access.server = text(cluster, "server");
    while (access.server.ends_with('/')) { access.server.pop_back(); }
    if (!access.server.starts_with("https://") && !access.server.starts_with("http://")) {
      return wrong("kubeconfig", "the server '" + access.server +
                                     "' is no URL; write such as https://10.0.0.1:6443");
    }
    Result<Pem> authority = pem(cluster, "certificate-authority");
    if (!authority) { return tl::unexpected(authority.error()); }
    access.authority = std::move(*authority);
    access.is_insecure = flag(cluster, "insecure-skip-tls-verify");
    access.tls_server_name = text(cluster, "tls-server-name");
    access.proxy = text(cluster, "proxy-url");
    return {};
  }

  static Result<void> read_user(const Place& user, ClusterAccess& access) {
    Result<Pem> certificate = pem(user, "client-certificate");
    if (!certificate) { return tl::unexpected(certificate.error()); }
    Result<Pem> key = pem(user, "client-key");
    if (!key) { return tl::unexpected(key.error()); }
    access.certificate = std::move(*certificate);
    access.key = std::move(*key);
    if (access.certificate.empty() != access.key.empty()) {
      return wrong("kubeconfig",
                   "the user has one of client-certificate and client-key without "
                   "the other");
    }
    access.token = text(user, "token");
    access.token_file = path(user, "tokenFile");
    access.user = text(user, "username");
    access.password = text(user, "password");
    if (find(user, "auth-provider") != kNoNode) {
      return wrong("kubeconfig",
                   "auth-provider is not supported (nor by Kubernetes since 1.26); "
                   "use an exec plugin");
    }
    const Place plugin{user.source, find(user, "exec")};
    if (plugin.is_there()) { return read_plugin(plugin, access); }
    return {};
  }

  static Result<void> read_plugin(const Place& node, ClusterAccess& access) {
    ExecPlugin plugin;
    plugin.api_version = text(node, "apiVersion");
    plugin.command = text(node, "command");
    if (plugin.command.empty()) { return wrong("kubeconfig", "the exec plugin has no command"); }
    if (plugin.command.find('/') != std::string::npos && plugin.command.front() != '/') {
      plugin.command = node.source->directory + '/' + plugin.command;
    }
    plugin.install_hint = text(node, "installHint");
    plugin.wants_cluster = flag(node, "provideClusterInfo");
    const Document& document = node.source->document;
    const NodeId arguments = find(node, "args");
    if (arguments != kNoNode && document.kind(arguments) == NodeKind::Sequence) {
      for (NodeId at = document.first(arguments); at != kNoNode; at = document.next(at)) {
        plugin.arguments.emplace_back(document.text(at));
      }
    }
    for (const Place& variable : items(node, "env")) {
      plugin.environment.emplace_back(text(variable, "name"), text(variable, "value"));
    }
    access.plugin = std::move(plugin);
    return {};
  }

  const std::deque<Source>& sources_;
};

}  // namespace

Result<ClusterAccess> read_kubeconfigs(const std::vector<KubeconfigFile>& files,
                                       std::string_view context) {
  std::deque<Source> sources;
  for (const KubeconfigFile& file : files) {
    Source source;  // GCC 12 warns of one that is made with its directory.
    source.directory = file.directory;
    std::vector<Diagnostic> problems;
    read_document(file.text, {}, source.document, problems);
    const std::string where = file.name.empty() ? "" : file.name + ": ";
    if (!problems.empty()) {  // Only where it is: what is there may be secret.
      return wrong("kubeconfig", where + "it is neither YAML nor JSON: see line " +
                                     std::to_string(problems.front().line));
    }
    const Document& document = source.document;
    const bool is_empty =
        document.roots.empty() || document.kind(document.roots.front()) == NodeKind::Null;
    if (is_empty && files.size() > 1) { continue; }
    if (is_empty || document.kind(document.roots.front()) != NodeKind::Mapping) {
      return wrong("kubeconfig", where + "it is no kubeconfig: it has no contexts");
    }
    sources.push_back(std::move(source));
  }
  return KubeconfigReader(sources).read(context);
}

Result<ClusterAccess> read_kubeconfig(std::string_view text, const std::string& directory,
                                      std::string_view context) {
  return read_kubeconfigs({{std::string(text), directory}}, context);
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') { continue; }
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      value = static_cast<std::uint32_t>(c - '0') + 52;
    } else if (c == '+' || c == '/') {
      value = c == '+' ? 62 : 63;
    } else if (c == '=' && ++padding <= 2) {
      continue;
    } else {
      return std::nullopt;
    }
    if (padding != 0) { return std::nullopt; }
    bits = bits << 6U | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
    }
  }
  if (count == 6) { return std::nullopt; }  // One character more than whole bytes.
  return out;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
