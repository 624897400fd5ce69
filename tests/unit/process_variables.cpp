// SPDX-License-Identifier: Apache-2.0
// Which arguments a program sees as variables.
#include <cstdlib>

#include "catch.hpp"
#include "process_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// Runs `h` with this context and these arguments of its own; what it prints.
std::string seen_by(TestDirectory& directory, const std::string& script, const std::string& context,
                    Hook own = {.name = "h"}) {
  directory.script("h", script);
  RunOptions running;
  running.context = context;
  directory.run(std::move(own), running);
  return directory.read("work/r/1.log");
}

}  // namespace

TEST_CASE("[H23] a context key is a variable under a prefix only") {
  TestDirectory directory;
  CHECK(seen_by(directory,
                "echo \"${A-none} $PROMOFLOW_CONTEXT_A ${GIT_EXTERNAL_DIFF-none} "
                "$PROMOFLOW_CONTEXT_GIT_EXTERNAL_DIFF $PROMOFLOW_CONTEXT_9 $OWN $RELEASE_ID\"",
                R"({"A":"1","GIT_EXTERNAL_DIFF":"/evil","9":"x"})",
                {.name = "h", .arguments = {{"OWN", "mine"}}}) == "none 1 none /evil x mine r\n");
}

TEST_CASE("[H23] a hook's own argument keeps its name though the context has the same key") {
  TestDirectory directory;
  CHECK(seen_by(directory, "echo \"$A ${PROMOFLOW_CONTEXT_A-none} $PROMOFLOW_CONTEXT_B\"",
                R"({"A":"context","B":"b"})",
                {.name = "h", .arguments = {{"A", "own"}}}) == "own none b\n");
}

TEST_CASE("[H23] keys that the host names are variables of their own name, too") {
  TestDirectory directory;
  directory.options.export_variables = {"A", "B"};
  CHECK(seen_by(directory, "echo \"$A $PROMOFLOW_CONTEXT_A ${C-none}\"", R"({"A":"1","C":"3"})") ==
        "1 1 none\n");
  for (const char* const name : {"PATH", "LD_PRELOAD", "GIT_EXTERNAL_DIFF", "BASH_ENV",
                                 "PYTHONPATH", "NODE_OPTIONS", "HOME", "IFS", "PROMOFLOW_TICKET",
                                 "PROMOTION_CONTEXT_PATH", "EDITOR", "BASH_FUNC_ls%%", "a-b", ""}) {
    INFO(name);
    directory.options.export_variables = {name};
    const auto refused = ProcessExecutor::create(directory.options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().where == "options.export_variables");
  }
}

TEST_CASE("[H23] keys that decide which code runs are not exported, those that are data are") {
  for (const char* const name : {"TAR_OPTIONS",
                                 "KUBECTL_EXTERNAL_DIFF",
                                 "KUBE_EDITOR",
                                 "SYSTEMD_EDITOR",
                                 "HGEDITOR",
                                 "PSQL_EDITOR",
                                 "PSQL_PAGER",
                                 "PSQLRC",
                                 "RSYNC_RSH",
                                 "SVN_SSH",
                                 "CVS_RSH",
                                 "VIMINIT",
                                 "EXINIT",
                                 "OPENSSL_CONF",
                                 "OPENSSL_MODULES",
                                 "GTK_MODULES",
                                 "QT_PLUGIN_PATH",
                                 "MAVEN_OPTS",
                                 "GRADLE_OPTS",
                                 "JAVA_OPTS",
                                 "GOFLAGS",
                                 "GOPROXY",
                                 "HELM_PLUGINS",
                                 "ANSIBLE_CONFIG",
                                 "TF_CLI_ARGS",
                                 "TF_CLI_CONFIG_FILE",
                                 "CURL_HOME",
                                 "WGETRC",
                                 "R_PROFILE",
                                 "GUILE_LOAD_PATH",
                                 "EMACSLOADPATH",
                                 "JULIA_LOAD_PATH",
                                 "CLOUDSDK_PYTHON",
                                 "XDG_CONFIG_HOME",
                                 "LESS",
                                 "PS1",
                                 "RSYNC_CONNECT_PROG",
                                 "RESTIC_PASSWORD_COMMAND",
                                 "BORG_PASSCOMMAND",
                                 "AWS_CONFIG_FILE",
                                 "PIP_INDEX_URL",
                                 "MAVEN_ARGS",
                                 "BASH_LOADABLES_PATH",
                                 "CFLAGS",
                                 "CMAKE_TOOLCHAIN_FILE",
                                 "LIBMYSQL_PLUGINS",
                                 "FOO_LD_PRELOAD",
                                 "CAML_LD_LIBRARY_PATH",
                                 "GNUPGHOME",
                                 "SCREENRC"}) {
    INFO(name);
    TestDirectory directory;
    directory.options.export_variables = {name};
    const auto refused = ProcessExecutor::create(directory.options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find(std::string("PROMOFLOW_CONTEXT_") + name) !=
          std::string::npos);
  }
  TestDirectory directory;
  directory.options.export_variables = {"JIRA_ISSUE_URL",  "VERSION",       "IMAGE_TAG",
                                        "DATABASE_URL",    "SLACK_CHANNEL", "RC",
                                        "RELEASE_RC",      "SRC",           "CRC",
                                        "IMAGE_SRC",       "FEATURE_FLAGS", "COMMIT",
                                        "ARTIFACT_PATH",   "APP_CONFIG",    "AWS_REGION",
                                        "TF_VAR_size",     "HOSTNAME",      "NAMESPACE",
                                        "VAULT_ADDR",      "CHART_VERSION", "RUN_ID",
                                        "OPTIONS",         "COMMAND_ID",    "SSH_HOST",
                                        "KUBECTL_VERSION", "CLUSTER",       "GOAL",
                                        "PROJECT",         "RELEASE_NOTES", "URL"};
  CHECK(ProcessExecutor::create(directory.options));
}

TEST_CASE("[H23] default arguments of a hook that is the host itself reach no other program") {
  const char* const names[] = {"FAILED_ENVIRONMENTS", "ERROR_MESSAGE", "RELEASE_ID"};
  for (const char* const name : names) { REQUIRE(setenv(name, "outer", 1) == 0); }
  TestDirectory directory;
  CHECK(seen_by(directory, "echo \"${FAILED_ENVIRONMENTS-none} ${ERROR_MESSAGE-none} $RELEASE_ID\"",
                "{}") == "none none r\n");
  for (const char* const name : names) { REQUIRE(unsetenv(name) == 0); }
}

TEST_CASE("[H24] what is not handed as a variable is named, in a variable and in the log") {
  TestDirectory directory;
  const std::string big(70'000, 'x');
  const std::string log =
      seen_by(directory, "echo \"$PROMOFLOW_OMITTED|${PROMOFLOW_CONTEXT_BIG-none}\"",
              R"({"BIG":")" + big + R"(","a-b":"1","a b":"1","NUL":"\u0000","GOOD":"1"})",
              {.name = "h", .arguments = {{"PATH", "/evil"}}});
  CHECK(log ==
        "[promoflow: not handed as variables, but in $PROMOFLOW_ARGUMENTS_PATH: "
        "PATH (it would decide which code runs); BIG (its value is longer than 64 KiB); "
        "a-b (its name cannot be a variable's); \"a b\" (its name cannot be a variable's); "
        "NUL (its value has a NUL character)]\n"
        "PATH BIG a-b \"a b\" NUL|none\n");
}

TEST_CASE("[H24] the names that are omitted are bounded, and so are all variables together") {
  TestDirectory directory;
  std::string context = "{";
  const std::string value(60'000, 'x');
  for (int i = 0; i < 12; ++i) {
    context += (i > 0 ? ",\"K" : "\"K") + std::to_string(i) + "\":\"" + value + '"';
  }
  for (int i = 0; i < 5'000; ++i) { context += ",\"a-" + std::to_string(i) + "\":1"; }
  const std::string log = seen_by(directory, "echo \"<$PROMOFLOW_OMITTED>\"", context + "}");
  CHECK(log.find("K8 (all variables together would be larger than 512 KiB)") != std::string::npos);
  const std::string names = log.substr(log.find('<'));
  CHECK(names.size() < 8'200);
  CHECK(names.find("<K8 K9 K10 K11 a-0 a-1 ") == 0);
  CHECK(names.find(" ...>") != std::string::npos);
}

TEST_CASE("[H24] where nothing is omitted the variable is empty and the log has nothing of it") {
  TestDirectory directory;
  CHECK(seen_by(directory, "set -u; echo \"<$PROMOFLOW_OMITTED>\"", R"({"A":"1"})") == "<>\n");
}
