// SPDX-License-Identifier: Apache-2.0
// Kubeconfigs, tokens and plugins. Real files and programs, in a directory of the test's own.
#include "argo/credentials.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "argo/access.hpp"
#include "argo/connect.hpp"
#include "catch.hpp"
#include "process_support.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::test;
using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

namespace {

const std::string kSecret = "very-secret-token-0123456789abcdef";

std::string config(const std::string& user, const std::string& cluster = {}) {
  return "apiVersion: v1\n"
         "kind: Config\n"
         "current-context: a\n"
         "clusters:\n"
         "  - name: c\n"
         "    cluster: {server: 'https://10.0.0.1:6443/'" +
         cluster +
         "}\n"
         "users:\n"
         "  - name: u\n"
         "    user: {" +
         user +
         "}\n"
         "contexts:\n"
         "  - {name: a, context: {cluster: c, user: u, namespace: argo}}\n"
         "  - {name: b, context: {cluster: c, user: nobody}}\n"
         "  - {name: no-user, context: {cluster: c}}\n"
         "  - {name: no-cluster, context: {cluster: x, user: u}}\n";
}

std::string refusal_of(const std::string& text, std::string_view context = {}) {
  const auto access = read_kubeconfig(text, "/etc/kube", context);
  REQUIRE_FALSE(access);
  CHECK(access.error().code == ErrorCode::InvalidArgument);
  return access.error().message;
}

ClusterAccess with_plugin(const std::string& command, std::vector<std::string> arguments = {}) {
  ClusterAccess access;
  access.server = "https://10.0.0.1:6443";
  access.plugin = ExecPlugin{.command = command, .arguments = std::move(arguments)};
  return access;
}

std::string credential(const std::string& status) {
  return R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":)" +
         status + "}";
}

}  // namespace

TEST_CASE("a kubeconfig says where the cluster is and who we are", "[K9]") {
  const auto access = read_kubeconfig(
      config("token: t, tokenFile: tok, client-certificate: /c.crt, client-key-data: S0VZ",
             ", certificate-authority: ca.crt, tls-server-name: api, proxy-url: 'http://p:1'"),
      "/etc/kube", {});
  REQUIRE(access);
  CHECK(access->server == "https://10.0.0.1:6443");
  CHECK(access->name_space == "argo");
  CHECK(access->token == "t");
  CHECK(access->token_file == "/etc/kube/tok");
  CHECK(access->certificate.path == "/c.crt");
  CHECK(access->key.text == "KEY");
  CHECK(access->authority.path == "/etc/kube/ca.crt");
  CHECK(access->tls_server_name == "api");
  CHECK(access->proxy == "http://p:1");
  CHECK_FALSE(access->is_insecure);
  CHECK(read_kubeconfig(config("", ", insecure-skip-tls-verify: true"), "/", {})->is_insecure);
  CHECK(read_kubeconfig(config("token: t"), "/", "no-user")->token.empty());
}

TEST_CASE("of several kubeconfigs the first that has a name says what it is", "[K9]") {
  const auto named = [](const std::string& name, const std::string& server,
                        const std::string& user) {
    return "clusters: [{name: c, cluster: {server: 'https://" + server +
           "'}}]\nusers: [{name: " + user +
           ", user: {tokenFile: tok}}]\ncontexts: [{name: " + name +
           ", context: {cluster: c, user: " + user + "}}]\n";
  };
  const std::vector<KubeconfigFile> files = {
      {named("a", "first", "u"), "/one"},
      {"", "/empty"},
      {"current-context: b\n" + named("b", "second", "v"), "/two"},
      {"current-context: a\n" + named("a", "third", "u"), "/three"}};
  const auto current = read_kubeconfigs(files, {});
  REQUIRE(current);
  CHECK(current->server == "https://first");  // The context is of the second, its cluster is not.
  CHECK(current->token_file == "/two/tok");
  const auto chosen = read_kubeconfigs(files, "a");
  REQUIRE(chosen);
  CHECK(chosen->token_file == "/one/tok");
  const auto unknown = read_kubeconfigs(files, "zz");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message == "the kubeconfig has no context 'zz'; it has a, b");
  const auto broken = read_kubeconfigs({files[0], {"a: [" + kSecret, "/x", "/x/config"}}, "a");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message.starts_with("/x/config: it is neither YAML nor JSON"));
  CHECK(broken.error().message.find(kSecret) == std::string::npos);
}

TEST_CASE("a pod's service account is its token, authority and namespace", "[K9]") {
  TestDirectory directory;
  const std::string root = directory.root.string();
  CHECK_FALSE(pod_access(root, "10.96.0.1", "443"));
  std::ofstream(root + "/token") << "first";
  std::ofstream(root + "/namespace") << "hooks\n";
  CHECK_FALSE(pod_access(root, "", "443"));
  const auto access = pod_access(root, "10.96.0.1", "443");
  REQUIRE(access);
  CHECK(access->server == "https://10.96.0.1:443");
  CHECK(access->name_space == "hooks");
  CHECK(access->authority.path == root + "/ca.crt");
  CHECK_FALSE(access->is_insecure);
  CHECK(pod_access(root, "fd00::1", "443")->server == "https://[fd00::1]:443");
  Credentials credentials(*access);
  CHECK(credentials.current({})->authorization == "Bearer first");
  std::ofstream(root + "/token.new") << "second, and longer";
  std::filesystem::rename(root + "/token.new", root + "/token");
  CHECK(credentials.current({})->authorization == "Bearer second, and longer");
}

TEST_CASE("that TLS is not verified is told, and only if it is not", "[K9]") {
  TestDirectory directory;
  const std::string path = (directory.root / "config").string();
  const bool is_insecure = GENERATE(true, false);
  std::ofstream(path) << config("token: " + kSecret,
                                is_insecure ? ", insecure-skip-tls-verify: true" : "");
  std::vector<std::string> told;
  ArgoOptions options;
  options.kubeconfig = path;
  options.notice = [&](std::string_view message) { told.emplace_back(message); };
  const auto connection = connect(options);
  REQUIRE(connection);
  CHECK(connection->api.name_space() == "argo");
  REQUIRE(told.size() == (is_insecure ? 1U : 0U));
  for (const std::string& message : told) {
    CHECK(message.find("insecure-skip-tls-verify") != std::string::npos);
    CHECK(message.find(kSecret) == std::string::npos);
  }
}

TEST_CASE("a plugin of a kubeconfig is a command, its arguments and its environment", "[K9]") {
  const auto access = read_kubeconfig(
      config("exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./get, args: [a, "
             "'b c'], env: [{name: N, value: V}], provideClusterInfo: true, installHint: get it}"),
      "/etc/kube", {});
  REQUIRE(access);
  REQUIRE(access->plugin);
  CHECK(access->plugin->command == "/etc/kube/./get");
  CHECK(access->plugin->arguments == std::vector<std::string>{"a", "b c"});
  CHECK(access->plugin->environment ==
        std::vector<std::pair<std::string, std::string>>{{"N", "V"}});
  CHECK(access->plugin->wants_cluster);
}

TEST_CASE("what is wrong with a kubeconfig is said, and no secret with it", "[K9]") {
  CHECK(refusal_of("a: [" + kSecret).find(kSecret) == std::string::npos);
  CHECK(refusal_of("- 1") == "it is no kubeconfig: it has no contexts");
  CHECK(refusal_of("{}") == "the kubeconfig has no current-context; name one");
  CHECK(refusal_of(config(""), "zz") ==
        "the kubeconfig has no context 'zz'; it has a, b, no-user, no-cluster");
  CHECK(refusal_of(config(""), "b").find("'nobody'") != std::string::npos);
  CHECK(refusal_of(config(""), "no-cluster").find("cluster 'x'") != std::string::npos);
  CHECK(refusal_of(config("client-key: k")).find("without the other") != std::string::npos);
  CHECK(refusal_of(config("client-key-data: '***'")) == "client-key-data is not Base64");
  CHECK(refusal_of(config("auth-provider: {name: gcp}")).find("exec plugin") != std::string::npos);
  CHECK(refusal_of(config("exec: {args: [a]}")) == "the exec plugin has no command");
}

TEST_CASE("Base64 is decoded, or refused", "[K9]") {
  CHECK(decode_base64("") == "");
  CHECK(decode_base64("QQ==") == "A");
  CHECK(decode_base64("QUI=") == "AB");
  CHECK(decode_base64("QUJD\n") == "ABC");
  CHECK(decode_base64("+/8=") == "\xFB\xFF");
  for (const char* text : {"Q", "QQ=A", "QQ===", "Q*==", "QUJDQ"}) {
    INFO(text);
    CHECK_FALSE(decode_base64(text));
  }
}

TEST_CASE("times are read as Kubernetes writes them", "[K9]") {
  CHECK(parse_rfc3339("1970-01-01T00:00:10Z") == Time(10s));
  CHECK(parse_rfc3339("2026-11-29T09:00:00Z") == Time(std::chrono::seconds(1795942800)));
  CHECK(parse_rfc3339("2026-11-29T09:00:00.123456Z") == Time(std::chrono::seconds(1795942800)));
  CHECK(parse_rfc3339("2026-11-29T10:30:00+01:30") == Time(std::chrono::seconds(1795942800)));
  for (const char* text :
       {"", "tomorrow", "2026-11-29T09:00:00", "2026-11-29 09:00:00Z", "2026-11-29T09:00:00+1"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("a token file is read anew when it has changed", "[K9]") {
  TestDirectory directory;
  const std::string path = (directory.root / "token").string();
  const auto write = [&](const std::string& text) {
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
  };
  ClusterAccess access;
  access.token = "not-this";
  access.token_file = path;
  Credentials credentials(access);
  const auto missing = credentials.current({});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find(path) != std::string::npos);
  write("first\n");
  CHECK(credentials.current({})->authorization == "Bearer first");
  write("second");
  CHECK(credentials.current({})->authorization == "Bearer second");
  std::filesystem::remove(path);  // As for a moment, while it is replaced.
  CHECK(credentials.current({})->authorization == "Bearer second");
}

TEST_CASE("a user and a password make a header, and nothing makes none", "[K9]") {
  ClusterAccess access;
  CHECK(Credentials(access).current({})->authorization.empty());
  access.user = "ada";
  access.password = "pass";
  CHECK(Credentials(access).current({})->authorization == "Basic YWRhOnBhc3M=");
  access.token = "a\r\nX-Injected: 1";
  const auto refused = Credentials(access).current({});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("Injected") == std::string::npos);
}

TEST_CASE("a plugin is run without a shell, and asked again when its answer has expired", "[K9]") {
  TestDirectory directory;
  directory.script("get", "echo x >>" + (directory.root / "runs").string() + "\nprintf '%s' '" +
                              credential(R"({"token":"$HOME;)" + kSecret +
                                         R"(","expirationTimestamp":"1970-01-01T01:00:00Z"})") +
                              "'");
  const ClusterAccess access = with_plugin((directory.root / "hooks/get").string());
  Credentials credentials(access);
  const auto runs = [&] { return directory.read("runs").size() / 2; };
  CHECK(credentials.current(Time(0s))->authorization == "Bearer $HOME;" + kSecret);
  CHECK(credentials.current(Time(3500s)).has_value());
  CHECK(runs() == 1);
  CHECK(credentials.current(Time(3595s)).has_value());  // It would expire on the way.
  CHECK(runs() == 2);
  credentials.reject();  // The server has answered with 401.
  CHECK(credentials.current(Time(0s)).has_value());
  CHECK(runs() == 3);
}

TEST_CASE("a plugin is told what it needs, and has the environment that it asks for", "[K9]") {
  TestDirectory directory;
  const std::string seen = (directory.root / "seen").string();
  directory.script("get", "printf '%s\\n' \"$KUBERNETES_EXEC_INFO\" \"$N\" \"$#\" \"$2\" >" + seen +
                              "\nprintf '%s' '" + credential(R"({"token":"t"})") + "'");
  ClusterAccess access = with_plugin((directory.root / "hooks/get").string(), {"a b", "$(exit)"});
  access.plugin->environment = {{"N", "V"}};
  access.plugin->wants_cluster = true;
  REQUIRE(run_plugin(*access.plugin, access, 30s));
  std::istringstream lines(directory.read("seen"));
  std::string info;
  std::getline(lines, info);
  CHECK(nlohmann::json::parse(info)["spec"]["cluster"]["server"] == "https://10.0.0.1:6443");
  std::string rest(std::istreambuf_iterator<char>(lines), {});
  CHECK(rest == "V\n2\n$(exit)\n");
}

TEST_CASE("what a plugin does wrong is said, without what it printed", "[K9]") {
  TestDirectory directory;
  const auto message_of = [&](const std::string& body,
                              std::chrono::milliseconds time = 30s) -> std::string {
    directory.script("get", body);
    const ClusterAccess access = with_plugin((directory.root / "hooks/get").string());
    const auto answer = run_plugin(*access.plugin, access, time);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message.find(kSecret) == std::string::npos);
    return answer.error().message;
  };
  const auto print = [](const std::string& text) { return "printf '%s' '" + text + "'"; };
  const auto has = [](const std::string& text, const char* part) {
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  CHECK(has(message_of(print(kSecret)), "did not print an ExecCredential"));
  CHECK(has(message_of(print("{\"kind\":\"" + kSecret + "\"}")), "kind ExecCredential"));
  CHECK(has(message_of(print(credential("{}"))), "neither a token nor a certificate"));
  CHECK(has(message_of(print(credential(R"({"clientKeyData":")" + kSecret + "\"}"))),
            "without the other"));
  CHECK(has(message_of(print(credential(R"({"token":"a\nb"})"))), "line end"));
  CHECK(has(message_of("echo \"not logged in: " + kSecret + "\" >&2; exit 3"),
            "exit status 3: not logged in: ***"));
  CHECK(has(message_of("kill -9 $$"), "killed by signal 9"));
  CHECK(has(message_of("exec cat /dev/zero"), "printed too much"));
  CHECK(has(message_of("sleep 600 & exec sleep 600", 50ms), "did not end within"));
  const ClusterAccess missing = with_plugin("/no/such/plugin");
  CHECK(has(run_plugin(*missing.plugin, missing, 30s).error().message,
            "/no/such/plugin cannot be run: No such file or directory"));
}

TEST_CASE("a plugin that has failed is not run again for each request", "[K9]") {
  TestDirectory directory;
  directory.script("get", "echo x >>" + (directory.root / "runs").string() + "; exit 1");
  const ClusterAccess access = with_plugin((directory.root / "hooks/get").string());
  Credentials credentials(access);
  CHECK_FALSE(credentials.current(Time(0s)));
  CHECK_FALSE(credentials.current(Time(5s)));
  CHECK(directory.read("runs") == "x\n");
  CHECK_FALSE(credentials.current(Time(11s)));
  CHECK(directory.read("runs") == "x\nx\n");
}
