// SPDX-License-Identifier: Apache-2.0
/// @file
/// All mutants of the rules' code are compiled into one program; an environment variable says which
/// one is active. Only the copy of the sources that tools/mutation/mutate.py makes includes this.
///
///     PROMOFLOW_MUTANT       the number of the active mutant; none: the code is as it was written
///     PROMOFLOW_MUTANT_HITS  a folder: at its end the program writes there which were reached
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>

namespace promoflow_mutants {

class Switch {
 public:
  Switch() noexcept {
    if (const char* number = std::getenv("PROMOFLOW_MUTANT")) { active_ = std::atoi(number); }
  }
  Switch(const Switch&) = delete;
  Switch& operator=(const Switch&) = delete;
  ~Switch() {
    const char* folder = std::getenv("PROMOFLOW_MUTANT_HITS");
    if (folder == nullptr) { return; }
    const std::string path = std::string(folder) + "/" + std::to_string(getpid());
    if (std::FILE* file = std::fopen(path.c_str(), "wb")) {
      std::fwrite(reached_, 1, sizeof reached_, file);
      std::fclose(file);
    }
  }
  bool on(int number) noexcept {
    reached_[number] = 1;
    return active_ == number;
  }

 private:
  static constexpr std::size_t kMutantsMax = 16384;

  int active_ = 0;
  unsigned char reached_[kMutantsMax] = {};
};
inline Switch mutants;

}  // namespace promoflow_mutants

/// Whether a mutant is active; none is while a constant is made.
constexpr bool mut(int number) noexcept {
  return !std::is_constant_evaluated() && promoflow_mutants::mutants.on(number);
}

/// The same where tables are made when the program starts, and never sooner.
inline bool mut_at_start(int number) noexcept { return promoflow_mutants::mutants.on(number); }

namespace promoflow_mutants {

template <class A, class B>
constexpr bool less(int number, const A& a, const B& b) {
  return mut(number) ? a <= b : a < b;
}
template <class A, class B>
constexpr bool less_equal(int number, const A& a, const B& b) {
  return mut(number) ? a < b : a <= b;
}
template <class A, class B>
constexpr bool greater(int number, const A& a, const B& b) {
  return mut(number) ? a >= b : a > b;
}
template <class A, class B>
constexpr bool greater_equal(int number, const A& a, const B& b) {
  return mut(number) ? a > b : a >= b;
}

/// `a + b` that becomes `a - b`, and the other way round.
template <class A, class B>
constexpr auto plus(int number, const A& a, const B& b) {
  return mut(number) ? a - b : a + b;
}
template <class A, class B>
constexpr auto minus(int number, const A& a, const B& b) {
  return mut(number) ? a + b : a - b;
}

/// `++x` that becomes `--x`, and the other way round; nothing happens where there is no other.
template <class T>
constexpr T& up(int number, T& x) {
  if (!mut(number)) { return ++x; }
  if constexpr (requires { --x; }) { --x; }
  return x;
}
template <class T>
constexpr T& down(int number, T& x) {
  if (!mut(number)) { return --x; }
  if constexpr (requires { ++x; }) { ++x; }
  return x;
}

/// `a += b` that becomes `a -= b`, and the other way round.
template <class A, class B>
constexpr A& add(int number, A& a, const B& b) {
  return mut(number) ? a -= b : a += b;
}
template <class A, class B>
constexpr A& subtract(int number, A& a, const B& b) {
  return mut(number) ? a += b : a -= b;
}

}  // namespace promoflow_mutants
