// SPDX-License-Identifier: Apache-2.0
#include "argo/credentials.hpp"

#include <sys/stat.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/parse_json.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds kPluginTime{30};
constexpr std::chrono::seconds kPluginPause{10};  // After it has failed.
constexpr std::chrono::seconds kEarly{10};        // Before it expires.

tl::unexpected<Error> wrong(std::string message) {
  return tl::unexpected(Error{ErrorCode::InvalidArgument, "credentials", std::move(message)});
}

/// Another number for each content that a file has had. 0: there is no such file.
std::uint64_t mark_of(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) { return 0; }
  std::uint64_t mark = static_cast<std::uint64_t>(found.st_ino);
  for (const auto part :
       {static_cast<std::uint64_t>(found.st_size), static_cast<std::uint64_t>(found.st_mtime),
        static_cast<std::uint64_t>(found.st_dev)}) {
    mark = mark * 1'000'003U + part;
  }
#if defined(__linux__)
  mark = mark * 1'000'003U + static_cast<std::uint64_t>(found.st_mtim.tv_nsec);
#endif
  return mark == 0 ? 1 : mark;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const auto byte = i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U;
      bits = bits << 8U | byte;
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j > bytes.size() ? '=' : kDigits[bits >> (18U - 6U * j) & 0x3FU];
    }
  }
  return out;
}

/// A header's value cannot hold a line end: what follows would be a header of its own.
bool is_header_value(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

/// Days from 1970-01-01 to a day of the Gregorian calendar.
std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kShape.size() + 1) { return std::nullopt; }
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !is_digit : text[i] != kShape[i]) { return std::nullopt; }
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    std::int64_t value = 0;
    std::from_chars(text.data() + at, text.data() + at + size, value);
    return value;
  };
  std::int64_t seconds = days_from_civil(number(0, 4), number(5, 2), number(8, 2)) * 86'400 +
                         number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 2);
  std::size_t at = kShape.size();
  if (text[at] == '.') {
    while (++at < text.size() && text[at] >= '0' && text[at] <= '9') {}
  }
  const std::string_view zone = text.substr(at);
  if (zone != "Z" && zone != "z") {
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') {
      return std::nullopt;
    }
    const std::int64_t offset = number(at + 1, 2) * 3600 + number(at + 4, 2) * 60;
    seconds += zone[0] == '+' ? -offset : offset;
  }
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}

Result<PluginAnswer> read_exec_credential(std::string_view text) {
  const Json object = parse_json(text);
  if (!object.is_object()) { return wrong("it did not print an ExecCredential, a JSON object"); }
  if (object.value("kind", Json()) != "ExecCredential") {
    return wrong("what it printed is not of kind ExecCredential");
  }
  const auto status = object.find("status");
  if (status == object.end() || !status->is_object()) {
    return wrong("the ExecCredential that it printed has no status");
  }
  const auto text_at = [&](const char* name) {
    const auto found = status->find(name);
    return found != status->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  PluginAnswer answer;
  const std::string token = text_at("token");
  if (!token.empty()) { answer.identity.authorization = "Bearer " + token; }
  answer.identity.certificate.text = text_at("clientCertificateData");
  answer.identity.key.text = text_at("clientKeyData");
  if (answer.identity.certificate.empty() != answer.identity.key.empty()) {
    return wrong(
        "the ExecCredential that it printed has one of clientCertificateData and "
        "clientKeyData without the other");
  }
  if (token.empty() && answer.identity.certificate.empty()) {
    return wrong("the ExecCredential that it printed has neither a token nor a certificate");
  }
  if (!is_header_value(answer.identity.authorization)) {
    return wrong("the token that it printed has a line end in it");
  }
  if (const std::string time = text_at("expirationTimestamp"); !time.empty()) {
    answer.expires = parse_rfc3339(time);
    if (!answer.expires) { return wrong("the expirationTimestamp that it printed is no time"); }
  }
  return answer;
}

Result<std::string> Credentials::token() {
  if (access_.token_file.empty()) { return access_.token; }
  const std::uint64_t mark = mark_of(access_.token_file);
  if (mark != 0 && mark == file_mark_) { return file_token_; }
  std::string problem;
  std::optional<std::string> text = read_small_file(access_.token_file, problem);
  if (!text) {
    if (!file_token_.empty()) { return file_token_; }  // It is just being replaced.
    return wrong("the token file " + access_.token_file + ": " + problem);
  }
  file_token_ = trimmed(std::move(*text));
  file_mark_ = mark;
  return file_token_;
}

Result<Identity> Credentials::current(std::chrono::system_clock::time_point now) {
  Identity identity{.certificate = access_.certificate, .key = access_.key};
  if (access_.plugin) {
    if (!kept_ || (kept_->expires && *kept_->expires - kEarly <= now)) {
      if (failed_ && now < again_) { return tl::unexpected(*failed_); }
      Result<PluginAnswer> answer = run_plugin(*access_.plugin, access_, kPluginTime);
      failed_.reset();
      if (!answer) {
        failed_ = answer.error();
        again_ = now + kPluginPause;
        return tl::unexpected(std::move(answer.error()));
      }
      kept_ = std::move(*answer);
    }
    return kept_->identity;
  }
  Result<std::string> token = this->token();
  if (!token) { return tl::unexpected(std::move(token.error())); }
  if (!token->empty()) {
    identity.authorization = "Bearer " + *token;
  } else if (!access_.user.empty()) {
    identity.authorization = "Basic " + base64(access_.user + ':' + access_.password);
  }
  if (!is_header_value(identity.authorization)) { return wrong("the token has a line end in it"); }
  return identity;
}

void Credentials::reject() noexcept {
  kept_.reset();
  file_mark_ = 0;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
