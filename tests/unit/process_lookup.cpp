// SPDX-License-Identifier: Apache-2.0
// All programs of a flow are looked up before the first of them runs.
#include <sys/stat.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "catch.hpp"
#include "process_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// dev -> staging -> production, with hooks of the release and of production.
Flow shop() {
  FlowOptions options;
  options.hooks.on_success = {hook("slack-ok")};
  options.hooks.on_fail = {hook("slack-fail")};
  FlowBuilder builder("shop", "dev");
  builder.options(options);
  StepOptions production;
  production.hooks.on_success = {hook("purge-cdn")};
  production.hooks.on_fail = {hook("page-oncall")};
  builder.step("staging", {"dev"}).step("production", {"staging"}, production);
  return built(builder);
}

std::vector<std::string> findings(const Flow& flow, const ProcessOptions& options,
                                  const EnvironmentSelection& selection = {}) {
  std::vector<std::string> texts;
  const auto found = check_process_programs(flow, options, selection);
  for (const ProgramFinding& finding : found.value()) {
    texts.push_back((finding.severity == Severity::Error ? "error: " : "warning: ") +
                    finding.message + (finding.hint.empty() ? "" : " - " + finding.hint));
  }
  return texts;
}

bool has(const std::vector<std::string>& texts, const std::string& part) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

/// One hook `h` whose file has this text.
std::vector<std::string> findings_of(const std::string& text, mode_t mode = 0700) {
  TestDirectory directory;
  const fs::path path = directory.root / "hooks" / "h";
  std::ofstream(path, std::ios::binary) << text;
  REQUIRE(chmod(path.c_str(), mode) == 0);
  FlowBuilder builder("one", "dev");
  StepOptions step;
  step.hooks.on_start = {hook("h")};
  builder.step("staging", {"dev"}, step);
  return findings(built(builder), directory.options);
}

}  // namespace

TEST_CASE("[H1] of the programs that are missing or not used a bounded number is listed", "[H1]") {
  StepOptions step;
  ProcessOptions options;
  options.promote_without_program = true;
  for (int i = 0; i < 1500; ++i) {
    step.hooks.on_start.push_back(hook("missing-" + std::to_string(i)));
    options.commands.hooks["unused-" + std::to_string(i)] = {"/bin/true"};
  }
  FlowBuilder builder("many", "dev");
  builder.step("staging", {"dev"}, step);
  const std::vector<std::string> found = findings(built(builder), options);
  REQUIRE(found.size() == 2002);
  CHECK(found[1000] == "error: and 500 further programs that cannot run");
  CHECK(found[2001] == "warning: and 500 further programs that are not used");
}

TEST_CASE("[H20] a blank at either end of a program's name is named") {
  FlowBuilder builder("one", "dev");
  StepOptions step;
  step.hooks.on_start = {hook("h")};
  builder.step("staging", {"dev"}, step);
  const Flow flow = built(builder);
  ProcessOptions options;
  options.promote_without_program = true;
  for (const char* const name : {"/bin/true ", " /bin/true"}) {
    options.commands.hooks["h"] = {name};
    const std::vector<std::string> found = findings(flow, options);
    REQUIRE(found.size() == 1);
    CHECK(has(found, "its name begins or ends with a blank - remove the blank"));
  }
}

TEST_CASE("[H20] every missing program is found at once, with what is near to it") {
  TestDirectory directory;
  directory.script("purge-cdn.sh", "true");
  directory.script("Slack-OK", "true");
  const auto found = findings(shop(), directory.options);
  REQUIRE(found.size() == 4);
  CHECK(has(found, "hook 'purge-cdn' (environment.onSuccess of 'production')"));
  CHECK(has(found, "there is 'purge-cdn.sh'"));
  CHECK(has(found, "there is 'Slack-OK'"));
  CHECK(has(found, "hook 'page-oncall'"));
  CHECK(has(found, "hook 'slack-fail' (release.onFail)"));
}

TEST_CASE("[H20] where all is there nothing is found") {
  TestDirectory directory;
  for (const char* const name : {"slack-ok", "slack-fail", "purge-cdn", "page-oncall"}) {
    directory.script(name, "true");
  }
  CHECK(findings(shop(), directory.options).empty());
}

TEST_CASE("[H20] what is skipped needs no program") {
  TestDirectory directory;
  directory.script("slack-ok", "true");
  directory.script("slack-fail", "true");
  EnvironmentSelection selection;
  selection.until = std::vector<std::string>{"staging"};
  CHECK(findings(shop(), directory.options, selection).empty());
}

TEST_CASE("[H20] a near miss of a promotion is told, also where default takes its place") {
  TestDirectory directory;
  for (const char* const name : {"slack-ok", "slack-fail", "purge-cdn", "page-oncall"}) {
    directory.script(name, "true");
  }
  directory.script("promotions/production.sh", "true");
  const auto found = findings(shop(), directory.options);
  REQUIRE(found.size() == 1);
  CHECK(found[0] == "warning: " + directory.options.directory +
                        "/promotions: the flow has no environment 'production.sh', so this program "
                        "is not used - did you mean 'production'?");
  fs::remove(directory.root / "hooks" / "promotions" / "default");
  CHECK(has(findings(shop(), directory.options), "error: promotion into 'staging'"));
  CHECK(has(findings(shop(), directory.options), "there is 'production.sh'"));
}

TEST_CASE("[H20] what is near to a promotion's own program or to default is told") {
  for (const char* const near : {"default.sh", "Default", "defalt", "staging.sh", "Staging"}) {
    INFO(near);
    TestDirectory directory;
    fs::remove(directory.root / "hooks" / "promotions" / "default");
    directory.script("promotions/" + std::string(near), "true");
    FlowBuilder builder("one", "dev");
    builder.step("staging", {"dev"});
    const auto found = findings(built(builder), directory.options);
    CHECK(has(found, "there is '" + std::string(near) + "': is it meant? Give it the name '"));
    CHECK(has(found, "error: promotion into 'staging'"));
  }
}

TEST_CASE("[H20] a program of another environment is near to none, nor is one that is there") {
  TestDirectory directory;
  fs::remove(directory.root / "hooks" / "promotions" / "default");
  directory.script("promotions/stage", "true");
  FlowBuilder builder("two", "dev");
  builder.step("staging", {"dev"}).step("stage", {"dev"});
  const auto found = findings(built(builder), directory.options);
  REQUIRE(found.size() == 1);
  CHECK_FALSE(has(found, "is it meant"));
  CHECK(has(found, "add a program 'staging', or 'default' for all"));
  TestDirectory damaged;
  damaged.script("promotions/default.sh", "true");
  std::ofstream(damaged.root / "hooks" / "promotions" / "default") << "no script";
  FlowBuilder one("one", "dev");
  one.step("staging", {"dev"});
  CHECK_FALSE(has(findings(built(one), damaged.options), "is it meant"));
}

TEST_CASE("[H20] a link that leads nowhere is not passed over for default") {
  TestDirectory directory;
  fs::create_symlink("nowhere", directory.root / "hooks" / "promotions" / "staging");
  FlowBuilder builder("one", "dev");
  builder.step("staging", {"dev"});
  const Flow flow = built(builder);
  CHECK(has(findings(flow, directory.options), "promotions/staging: No such file"));
  const fs::path promotions = directory.root / "hooks" / "promotions";
  fs::remove_all(promotions);
  fs::create_symlink("nowhere", promotions);
  directory.options.promote_without_program = true;
  CHECK(has(findings(flow, directory.options), "promotions/default: No such file"));
}

TEST_CASE("[H20] scripts that the system cannot run are told apart") {
  CHECK(findings_of("#!/bin/sh\n").empty());
  CHECK(findings_of("#! /usr/bin/env -S FOO=1 sh -e\n").empty());
  CHECK(has(findings_of("#!/bin/sh\n", 0600), "it is not executable - chmod +x "));
  CHECK(has(findings_of("#!/bin/sh\r\ntrue\r\n"), "ends with a carriage return"));
  CHECK(has(findings_of("#!/usr/bin/env bash\r\n"), "ends with a carriage return"));
  CHECK(has(findings_of("#!/usr/bin/pyhton3\n"),
            "the interpreter /usr/bin/pyhton3, which does not exist"));
  CHECK(has(findings_of("#!/usr/bin/env pyhton3\n"), "pyhton3, which is not in PATH"));
  CHECK(has(findings_of("#!/tmp\n"), "which is not executable"));
  CHECK(has(findings_of("#!\n"), "names no interpreter"));
  CHECK(has(findings_of("echo no shebang\n"), "without #! and an interpreter"));
  CHECK(has(findings_of("\xEF\xBB\xBF#!/bin/sh\n"), "byte order mark"));
  CHECK(has(findings_of(""), "it is empty"));
}

TEST_CASE("[H20] files that the system does not run are told apart") {
  using namespace std::string_literals;
  CHECK(has(findings_of("\x1F\x8B\b\0"s), "error: hook 'h'"));
  CHECK(has(findings_of("\x1F\x8B\b\0"s), "h: it is compressed with gzip - take a program"));
  CHECK(has(findings_of("PK\x03\x04"), "h: it is a zip archive"));
  CHECK(has(findings_of(std::string(300, '\0')), "h: it is a file of zeros"));
  CHECK(has(findings_of("\xFF\xFE#\0!\0"s), "h: it is a text in UTF-16"));
#if defined(__linux__)
  for (const auto& [head, name] : std::initializer_list<std::pair<std::string, std::string>>{
           {"MZ\x90\0"s, "a Windows program"},
           {"\xCF\xFA\xED\xFE\a\0"s, "a macOS program"},
           {"\xCA\xFE\xBA\xBE\0\0"s, "a Java class"},
           {"\0asm"s, "a WebAssembly module"}}) {
    CHECK(has(findings_of(head), ": it is " + name));  // A warning where handlers are not seen.
  }
  CHECK(has(findings_of("\x01\x02"), "h: it is neither a program of this system nor a script"));
  CHECK(has(findings_of("echo \x1B[1m"), "h: it is neither a program of this system nor a"));
#endif
}

TEST_CASE("[H20] of env in a first line it is known which program it starts") {
  for (const char* const line :
       {"#!/usr/bin/env sh", "#!/usr/bin/env -S sh -e", "#!/usr/bin/env -iS A=1 sh",
        "#!/usr/bin/env -S -i -u X A=1 sh", "#!/usr/bin/env --split-string=-v sh",
        "#!/usr/bin/env -S PATH=/nowhere anything", "#!/usr/bin/env -S ${INTERPRETER} -e",
        "#!/usr/bin/env -S -P /nowhere anything", "#!/usr/bin/env /bin/sh"}) {
    INFO(line);
    CHECK(findings_of(line + std::string("\n")).empty());
  }
  CHECK(has(findings_of("#!/usr/bin/env bash -e\n"),
            "the interpreter 'bash -e', which is not in PATH - write #!/usr/bin/env -S bash -e"));
  for (const char* const words : {"-i sh", "-u X nosuch", "NAME=value sh"}) {
    CHECK(has(findings_of("#!/usr/bin/env " + std::string(words) + "\n"),
              "gives env '" + std::string(words) +
                  "' as one argument, in which it finds no "
                  "program - write #!/usr/bin/env -S " +
                  words));
  }
  for (const char* const words :
       {"", " ", " -S", " -", " -i", " A=1", " -S -i", " -S A=1", " -S -u X"}) {
    INFO(words);
    CHECK(has(findings_of("#!/usr/bin/env" + std::string(words) + "\n"),
              "names no program behind env"));
  }
  CHECK(has(findings_of("#!/usr/bin/env -S -u X nosuch\n"), "nosuch, which is not in PATH"));
  CHECK(has(findings_of("#!/usr/bin/env /no/such\n"), "/no/such, which does not exist"));
  CHECK(has(findings_of("#!/usr/bin/env -S -- nosuch x\n"), "nosuch, which is not in PATH"));
}

TEST_CASE("[H20] scripts that are each other's interpreter are found") {
  TestDirectory directory;
  const std::string self = directory.options.directory + "/promotions/default";
  std::ofstream(self) << "#!" << self << '\n';
  FlowBuilder builder("one", "dev");
  builder.step("staging", {"dev"});
  CHECK(has(findings(built(builder), directory.options), "too many scripts"));
}

TEST_CASE("[H20] no file at a program's path is waited for") {
  TestDirectory directory;
  REQUIRE(mkfifo((directory.root / "hooks" / "slack-ok").c_str(), 0700) == 0);
  fs::create_directories(directory.root / "hooks" / "slack-fail");
  fs::create_symlink("nowhere", directory.root / "hooks" / "purge-cdn");
  const auto found = findings(shop(), directory.options);
  CHECK(has(found, "slack-ok: it is not a file"));
  CHECK(has(found, "slack-fail: it is not a file"));
  CHECK(has(found, "purge-cdn: No such file"));
}

TEST_CASE("[H20] commands: a command line in one text, names that are missing or not used") {
  TestDirectory directory;
  directory.script("notify", "true");
  ProcessOptions options;
  const std::string program = (directory.root / "hooks" / "notify").string();
  options.commands.hooks = {{"slack-ok", {program + " started"}},
                            {"slack-fial", {program}},
                            {"purge-cdn", {"no-such-program-anywhere now"}},
                            {"page-oncall", {"no-such-program-anywhere"}}};
  options.commands.promotions = {{"stagin", {program}}, {"production", {"true"}}};
  const auto found = findings(shop(), options);
  CHECK(has(found, "a program and its arguments are a list: [" + program + ", started]"));
  CHECK(has(found, "a program and its arguments are a list: [no-such-program-anywhere, now]"));
  CHECK(has(found, "no-such-program-anywhere: it is not in PATH"));
  CHECK(has(found, "hook 'slack-fail' (release.onFail): there is no program for the hook"));
  CHECK(has(found, "there is 'slack-fial'"));
  CHECK(has(found, "error: promotion into 'staging'"));
  CHECK(has(found, "there is 'stagin'"));
  CHECK(
      has(found, "no hook 'slack-fial', so this program is not used - did you mean 'slack-fail'?"));
  CHECK(
      has(found, "no environment 'stagin', so this program is not used - did you mean 'staging'?"));
  CHECK_FALSE(has(found, "into 'production'"));
}

TEST_CASE("[H20] the trigger environment needs a program only for a postTrigger") {
  TestDirectory directory;
  fs::remove_all(directory.root / "hooks" / "promotions");
  directory.script("promotions.txt", "true");
  fs::create_directories(directory.root / "hooks" / "promotions");
  directory.script("promotions/staging", "true");
  FlowOptions options;
  FlowBuilder plain("plain", "dev");
  CHECK(findings(built(plain.step("staging", {"dev"})), directory.options).empty());
  options.post_trigger = "smoke";
  FlowBuilder triggered("triggered", "dev");
  triggered.options(options);
  CHECK(has(findings(built(triggered.step("staging", {"dev"})), directory.options),
            "promotion into 'dev'"));
}
