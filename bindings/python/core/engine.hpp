// SPDX-License-Identifier: Apache-2.0
// What the files of stores and engines share. The engine's thread never runs Python: what it calls
// for is left in a mailbox, from which a thread of Python's takes it.
#pragma once

#include <promoflow/promoflow_engine.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core.hpp"

struct promoflow_argo_executor;

namespace promoflow_python {

using Store = Box<promoflow_store>;

/// Frees a reply; answers after that have no effect.
struct FreeReply {
  void operator()(promoflow_reply* reply) const noexcept { promoflow_reply_free(reply); }
};
using OwnReply = std::unique_ptr<promoflow_reply, FreeReply>;

/// What the engine's thread calls for.
struct Letter {
  enum class Kind { Hook, Promotion, Cancel, Settled, Force, Record, Trouble, Notice };
  Kind kind{};
  uint64_t ticket = 0;  ///< Of a record: the number of its event.
  std::string release{};
  std::string name{};                        ///< Of a hook; a record's line; a trouble's message.
  std::optional<std::string> environment{};  ///< Of hooks and promotions.
  int32_t number = 0;  ///< Point, policy's action, a record's index, a status.
  uint32_t attempt = 0;
  std::vector<std::pair<std::string, std::string>> arguments{};
  std::string context{};
  std::optional<std::string> pre_action{};
  std::optional<std::string> post_action{};
  OwnReply reply{};
};

/// All functions are thread-safe; they throw std::bad_alloc only.
class Mailbox {
 public:
  void put(Letter letter);
  /// Nothing more will come: take() returns none once it is empty.
  void close() noexcept;
  /// Waits for the next one.
  std::optional<Letter> take();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Letter> letters_;
  bool closed_ = false;
};

/// What runs an engine's hooks on a cluster, where the library was built with it. Empty: Python
/// does.
class Argo {
 public:
  Argo() = default;
  Argo(const Argo&) = delete;
  Argo& operator=(const Argo&) = delete;
  ~Argo();

  /// From the options that Python gives, as _core.pyi has them. Notices go to the mailbox, and
  /// promotions, if `promotes`. False: an exception is set.
  bool make(State* state, PyObject* options, bool promotes, const promoflow_store* store,
            const std::shared_ptr<Mailbox>& mailbox);
  /// The executor, for promoflow_engine_new(), which calls destroy(). False: an exception is set.
  bool fill(State* state, promoflow_executor* out) const;
  /// Waits until what was cancelled has ended, and what was settled is let go.
  void wait_idle() const noexcept;

 private:
  promoflow_argo_executor* handle_ = nullptr;
};

/// An engine and its mailbox. Its own type, because calls of several threads may be going on.
struct Engine {
  PyObject ob_base;
  State* state;
  promoflow_engine* handle;
  std::shared_ptr<Mailbox>* mailbox;
  std::shared_ptr<Argo>* argo;  ///< Null: hooks are Python's.
  int users;  ///< Calls that go on without the GIL; the last one frees what was closed.
};

/// A reply as Python has it.
struct Reply {
  PyObject ob_base;
  State* state;
  promoflow_reply* handle;
};

/// (kind, ...) of a letter, as _core.pyi has them.
PyObject* letter_out(State* state, Letter letter);
/// The executor whose calls go to the mailbox, for a function that calls its destroy(). `hears`: it
/// is to be told of what is settled and forced, too. May throw std::bad_alloc.
promoflow_executor callbacks_to(const std::shared_ptr<Mailbox>& mailbox, bool hears);
/// Leaves a note for people.
void put_notice(const std::shared_ptr<Mailbox>& mailbox, promoflow_str message) noexcept;
/// Likewise the options' own callbacks; `observes`: records are wanted.
void set_callbacks(promoflow_engine_options& options, const std::shared_ptr<Mailbox>& mailbox,
                   bool observes);

bool add_reply_type(PyObject* module, State* state);
bool add_store_type(PyObject* module, State* state);

}  // namespace promoflow_python
