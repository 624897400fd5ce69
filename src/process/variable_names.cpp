// SPDX-License-Identifier: Apache-2.0
// Which variables decide what code runs is a matter of every program that a hook may start, so no
// list has all of them: that is why context keys have a prefix unless the host names them.
#include "process/variable_names.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// An argument never sets these, wherever it comes from.
constexpr std::string_view kReserved[] = {"BASHOPTS",
                                          "BASH_ENV",
                                          "CDPATH",
                                          "CLASSPATH",
                                          "ENV",
                                          "GLOBIGNORE",
                                          "GIT_SSH_COMMAND",
                                          "HOME",
                                          "IFS",
                                          "JAVA_TOOL_OPTIONS",
                                          "LOGNAME",
                                          "NODE_OPTIONS",
                                          "NODE_PATH",
                                          "PATH",
                                          "PERL5LIB",
                                          "PERL5OPT",
                                          "PROMOTION_CONTEXT_PATH",
                                          "PS4",
                                          "PYTHONHOME",
                                          "PYTHONPATH",
                                          "PYTHONSTARTUP",
                                          "RUBYLIB",
                                          "RUBYOPT",
                                          "SHELL",
                                          "SHELLOPTS"};
constexpr std::string_view kReservedPrefixes[] = {"LD_", "DYLD_", "PROMOFLOW_", "GLIBC_"};

/// Nor does a context key set these, though the host names it. (A manifest may: its author chooses
/// the hooks, too.)
constexpr std::string_view kNotExported[] = {"ACLOCAL_PATH",
                                             "ANT_ARGS",
                                             "APT_CONFIG",
                                             "AR",
                                             "AS",
                                             "AUTOCONF",
                                             "AWKLIBPATH",
                                             "AWKPATH",
                                             "AWS_CONFIG_FILE",
                                             "AWS_SHARED_CREDENTIALS_FILE",
                                             "BROWSER",
                                             "CC",
                                             "CLOUDSDK_CONFIG",
                                             "COMPILER_PATH",
                                             "CPATH",
                                             "CPLUS_INCLUDE_PATH",
                                             "CPP",
                                             "CVSROOT",
                                             "CXX",
                                             "C_INCLUDE_PATH",
                                             "EXECIGNORE",
                                             "EXINIT",
                                             "FC",
                                             "FCEDIT",
                                             "FPATH",
                                             "GCC_EXEC_PREFIX",
                                             "GCONV_PATH",
                                             "GETCONF_DIR",
                                             "GIO_MODULE_DIR",
                                             "GNUPGHOME",
                                             "GOBIN",
                                             "GOENV",
                                             "GONOSUMDB",
                                             "GOPATH",
                                             "GOPRIVATE",
                                             "GOPROXY",
                                             "GOROOT",
                                             "GOSUMDB",
                                             "GOTOOLCHAIN",
                                             "GOTOOLDIR",
                                             "GVIMINIT",
                                             "HGMERGE",
                                             "HGRCPATH",
                                             "HOSTALIASES",
                                             "KRB5_CONFIG",
                                             "KREW_ROOT",
                                             "KUBECONFIG",
                                             "LD",
                                             "LESS",
                                             "LESSCLOSE",
                                             "LESSEDIT",
                                             "LESSOPEN",
                                             "LIBRARY_PATH",
                                             "LIBTOOL",
                                             "LOCPATH",
                                             "LYNX_CFG",
                                             "M4PATH",
                                             "MAKE",
                                             "MAKEFILES",
                                             "MANOPT",
                                             "MANPATH",
                                             "MAVEN_ARGS",
                                             "NETRC",
                                             "NLSPATH",
                                             "NM",
                                             "P4CONFIG",
                                             "P4DIFF",
                                             "P4MERGE",
                                             "PGSERVICEFILE",
                                             "PGSYSCONFDIR",
                                             "PKG_CONFIG",
                                             "PKG_CONFIG_PATH",
                                             "POSIXLY_CORRECT",
                                             "PS0",
                                             "PS1",
                                             "PS2",
                                             "RANLIB",
                                             "SASL_CONF_PATH",
                                             "SASL_PATH",
                                             "STRIP",
                                             "TCLLIBPATH",
                                             "TCL_LIBRARY",
                                             "TERMCAP",
                                             "TERMINFO",
                                             "TERMINFO_DIRS",
                                             "TEXINPUTS",
                                             "TF_DATA_DIR",
                                             "TF_PLUGIN_CACHE_DIR",
                                             "TF_REATTACH_PROVIDERS",
                                             "TK_LIBRARY",
                                             "TMPDIR",
                                             "USER",
                                             "VAGRANT_VAGRANTFILE",
                                             "VIM",
                                             "VIMINIT",
                                             "VIMRUNTIME",
                                             "VIRTUAL_ENV",
                                             "VISUAL",
                                             "ZDOTDIR",
                                             "ZIPOPT"};
constexpr std::string_view kNotExportedPrefixes[] = {
    "ANSIBLE_",  "BASH_",     "BUILDKIT_", "BUNDLE_",
    "BUN_",      "CARGO_",    "CCACHE_",   "CLOUDSDK_PYTHON",
    "CMAKE_",    "COMPOSER_", "COMPOSE_",  "CONDA_",
    "CORECLR_",  "COREPACK_", "COR_",      "DENO_",
    "DOCKER_",   "DOTNET_",   "DPKG_",     "EMACS",
    "ERL_",      "GEM_",      "GIT_",      "GST_",
    "GTK_",      "GUILE_",    "HELM_",     "JAVA_",
    "JULIA_",    "LESSKEY",   "LUA_",      "MALLOC_",
    "NIX_",      "NODE_",     "NPM_",      "NUGET_",
    "OCAML",     "OPENSSL_",  "PERL",      "PHP",
    "PIP_",      "PNPM_",     "POETRY_",   "PYTHON",
    "QML",       "QT_",       "RUBY",      "RUSTC",
    "RUSTUP_",   "TF_CLI_",   "R_ENVIRON", "R_LIBS",
    "R_PROFILE", "UV_",       "VK_",       "XDG_",
    "YARN_",     "npm_"};
/// Options, programs, start files and places of code, as most programs name theirs.
constexpr std::string_view kNotExportedSuffixes[] = {
    "ASKPASS",       "COMMAND",     "EDITOR",       "LOADPATH",     "PAGER",          "_CMD",
    "_CONF",         "_CONFIG_DIR", "_CONFIG_FILE", "_CONFIG_PATH", "_EXTERNAL_DIFF", "_HOME",
    "_LIBRARY_PATH", "_LOAD_PATH",  "_MODULES",     "_MODULE_PATH", "_OPT",           "_OPTIONS",
    "_OPTS",         "_PLUGINS",    "_PLUGIN_DIR",  "_PLUGIN_PATH", "_PRELOAD",       "_PROG",
    "_RSH",          "_SHELL",      "_SSH",         "_WRAPPER"};
/// CFLAGS and WGETRC, but not FEATURE_FLAGS, RELEASE_RC or IMAGE_SRC: those are data.
struct Ending {
  std::string_view suffix;
  std::string_view before;  // What is not in front of it, each a character.
};
constexpr Ending kNotExportedEndings[] = {{"FLAGS", "_"}, {"RC", "_SC"}};

template <std::size_t Names, std::size_t Prefixes>
bool is_one_of(std::string_view name, const std::string_view (&names)[Names],
               const std::string_view (&prefixes)[Prefixes]) noexcept {
  return std::any_of(names, names + Names, [&](std::string_view one) { return one == name; }) ||
         std::any_of(prefixes, prefixes + Prefixes, [&](std::string_view prefix) {
           return name.substr(0, prefix.size()) == prefix;
         });
}

bool has_suffix(std::string_view name, std::string_view suffix) noexcept {
  return name.size() >= suffix.size() && name.substr(name.size() - suffix.size()) == suffix;
}

bool ends_as_code(std::string_view name) noexcept {
  const auto is_suffix = [&](std::string_view suffix) { return has_suffix(name, suffix); };
  const auto is_ending = [&](const Ending& ending) {
    const std::size_t before = name.size() - ending.suffix.size();
    return name.size() > ending.suffix.size() && has_suffix(name, ending.suffix) &&
           ending.before.find(name[before - 1]) == std::string_view::npos;
  };
  return std::any_of(std::begin(kNotExportedSuffixes), std::end(kNotExportedSuffixes), is_suffix) ||
         std::any_of(std::begin(kNotExportedEndings), std::end(kNotExportedEndings), is_ending);
}

}  // namespace

bool is_variable_name(std::string_view name) noexcept {
  const auto is_letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool decides_code(std::string_view name) noexcept {
  return is_one_of(name, kReserved, kReservedPrefixes);
}

bool may_be_exported(std::string_view name) noexcept {
  return is_variable_name(name) && !decides_code(name) &&
         !is_one_of(name, kNotExported, kNotExportedPrefixes) && !ends_as_code(name);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
