// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"

namespace promoflow::cli {
namespace {

/// What --set can set: table and help in one.
struct Setting {
  const char* key;
  std::string ReleaseInfo::*field;
};
constexpr Setting kSettings[] = {{"release.id", &ReleaseInfo::id},
                                 {"release.url", &ReleaseInfo::url},
                                 {"release.product", &ReleaseInfo::product},
                                 {"release.version", &ReleaseInfo::version},
                                 {"release.commitSha", &ReleaseInfo::commit_sha}};

}  // namespace

Exit apply_setting(const std::string& setting, ReleaseInfo& release) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos) {
    return complain("--set " + setting + ": write KEY=VALUE, such as release.id=r-42");
  }
  const std::string key = setting.substr(0, equals);
  if (key == "release.id" && equals + 1 == setting.size()) {
    return complain("--set release.id=: every release needs an id, such as r-42");
  }
  if (key == "release.id" && !detail::is_utf8(setting)) {
    return complain("--set " + setting + ": it is not UTF-8; give the release an id such as r-42");
  }
  std::vector<std::string> keys;
  for (const Setting& known : kSettings) {
    if (key == known.key) {
      release.*known.field = setting.substr(equals + 1);
      return Exit::Fine;
    }
    keys.emplace_back(known.key);
  }
  return complain("--set " + key + ": there is no such key; use " + listed(keys));
}

}  // namespace promoflow::cli
