// SPDX-License-Identifier: Apache-2.0
// Many releases at once: what the program prints of them, and the operator who ends those that
// would wait for ever.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "host.hpp"

using All = std::vector<std::shared_ptr<Hosted>>;

inline void print(const char* title, const All& all) {
  std::map<std::string_view, int> count;
  std::size_t running = 0;
  for (const auto& one : all) {
    ++count[to_string(one->release().status())];
    running += one->running();
  }
  std::cout << title;
  for (const auto& [status, number] : count) std::cout << " " << number << " " << status << ",";
  std::cout << " commands that run: " << running << "\n";
}

/// When only those are left that wait for ever: terminates half of them, and stops the other half.
inline asio::awaitable<void> operate(asio::io_context& context, const All& all) {
  const auto ended = [](const auto& one) { return is_final(one->release().status()); };
  for (Timer timer(context); std::count_if(all.begin(), all.end(), ended) < 300;) {
    timer.expires_after(std::chrono::milliseconds(1));
    co_await sleep_on(timer);
  }
  for (std::size_t i = 3; i < all.size(); i += 4)
    i < 200 ? all[i]->terminate("no") : all[i]->stop();
}
