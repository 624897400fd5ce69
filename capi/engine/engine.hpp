// SPDX-License-Identifier: Apache-2.0
// What the files of libpromoflow_engine's C interface share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_writer.hpp"
#include "component.hpp"
#include "promoflow/store.hpp"
#include "promoflow_engine.h"

/// Shares the store with the engines that were made with it.
struct promoflow_store {
  std::shared_ptr<promoflow::Store> store;
};

namespace promoflow::capi::engine {

inline promoflow_status give_text(promoflow_error** error, promoflow_buffer** out,
                                  std::string_view text) {
  return promoflow_buffer_new(out_text(text), out, error);
}

/// The event as a line; its time stays as it is given.
inline promoflow_status event_text(promoflow_error** error, const promoflow_event* event,
                                   component::OwnBuffer& out) {
  promoflow_buffer* made = nullptr;
  const promoflow_status status = promoflow_event_json(event, &made, error);
  out.reset(made);
  return status;
}

/// A limit of time; none: PROMOFLOW_NO_TIME. What is negative is no time at all.
inline std::optional<std::chrono::milliseconds> limit(std::int64_t wait_ms) noexcept {
  if (wait_ms == PROMOFLOW_NO_TIME) { return std::nullopt; }
  constexpr std::int64_t kMost = std::int64_t{1000} * 60 * 60 * 24 * 365;
  return std::chrono::milliseconds(std::min(std::max<std::int64_t>(wait_ms, 0), kMost));
}

/// An array of texts.
template <class Texts>
std::string text_array(const Texts& texts) {
  std::string text;
  detail::JsonWriter json(text);
  json.begin_array();
  for (const std::string& one : texts) { json.text(one); }
  json.end_array();
  return text;
}

}  // namespace promoflow::capi::engine
