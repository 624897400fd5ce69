// SPDX-License-Identifier: Apache-2.0
// From the engine's thread to Python: letters, and the replies that they carry.
#if defined(PROMOFLOW_PYTHON_ENGINE)
#include "engine.hpp"

namespace promoflow_python {

void Mailbox::put(Letter letter) {
  const std::lock_guard<std::mutex> lock(mutex_);
  letters_.push_back(std::move(letter));
  changed_.notify_one();
}

void Mailbox::close() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::optional<Letter> Mailbox::take() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !letters_.empty(); });
  if (letters_.empty()) { return std::nullopt; }
  std::optional<Letter> letter(std::move(letters_.front()));
  letters_.pop_front();
  return letter;
}

// --- callbacks: on the engine's thread -----------------------------------------------------------

namespace {

using Share = std::shared_ptr<Mailbox>;

std::string text_of(promoflow_str text) {
  return text.size == 0 ? std::string() : std::string(text.data, text.size);
}
std::optional<std::string> optional_of(promoflow_str text) {
  return text.data == nullptr ? std::nullopt : std::optional<std::string>(text_of(text));
}

Letter letter_of(const promoflow_hook_call& call) {
  Letter letter;
  letter.kind = Letter::Kind::Hook;
  letter.name = text_of(call.hook);
  letter.number = call.point;
  letter.environment = optional_of(call.environment);
  letter.context = text_of(call.context);
  return letter;
}
Letter letter_of(const promoflow_promotion_call& call) {
  Letter letter;
  letter.kind = Letter::Kind::Promotion;
  letter.number = call.policy_action;
  letter.environment = text_of(call.environment);
  letter.pre_action = optional_of(call.policy_pre_action);
  letter.post_action = optional_of(call.policy_post_action);
  return letter;
}

/// Without memory for the letter the command fails: nobody else will ever answer it.
template <class Call>
void put_call(const Call* call, promoflow_reply* reply, void* user) noexcept {
  OwnReply own(reply);
  try {
    Letter letter = letter_of(*call);
    letter.ticket = call->ticket;
    letter.release = text_of(call->release_id);
    letter.attempt = call->attempt;
    for (uint64_t i = 0; i < call->argument_count; ++i) {
      letter.arguments.emplace_back(text_of(call->arguments[i].name),
                                    text_of(call->arguments[i].value));
    }
    letter.reply = std::move(own);
    (*static_cast<Share*>(user))->put(std::move(letter));
  } catch (const std::bad_alloc&) {
    promoflow_reply_failed(own.get(), view("no memory"), {nullptr, 0});
  }
}

void run_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) noexcept {
  put_call(call, reply, user);
}
void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) noexcept {
  put_call(call, reply, user);
}

/// Without memory for the letter the call runs to its end, and its answer is dropped; the same goes
/// for records and troubles.
template <class Fill>
void put_note(Letter::Kind kind, void* user, Fill fill) noexcept {
  try {
    Letter letter;
    letter.kind = kind;
    fill(letter);
    (*static_cast<Share*>(user))->put(std::move(letter));
  } catch (const std::bad_alloc&) { return; }
}

void cancel(promoflow_str release_id, uint64_t ticket, void* user) noexcept {
  put_note(Letter::Kind::Cancel, user, [&](Letter& letter) {
    letter.release = text_of(release_id);
    letter.ticket = ticket;
  });
}

void settled(promoflow_str release_id, uint64_t ticket, void* user) noexcept {
  put_note(Letter::Kind::Settled, user, [&](Letter& letter) {
    letter.release = text_of(release_id);
    letter.ticket = ticket;
  });
}

void force(promoflow_str release_id, void* user) noexcept {
  put_note(Letter::Kind::Force, user,
           [&](Letter& letter) { letter.release = text_of(release_id); });
}

void observe(const promoflow_engine_record* record, void* user) noexcept {
  put_note(Letter::Kind::Record, user, [&](Letter& letter) {
    letter.release = text_of(record->release);
    letter.ticket = record->sequence;
    letter.number = static_cast<int32_t>(record->index);
    letter.name = text_of(record->line);
  });
}

void store_trouble(const promoflow_error* error, void* user) noexcept {
  put_note(Letter::Kind::Trouble, user, [&](Letter& letter) {
    letter.number = promoflow_error_code(error);
    letter.name = text_of(promoflow_error_message(error));
  });
}

void destroy(void* user) noexcept { delete static_cast<Share*>(user); }

}  // namespace

void put_notice(const std::shared_ptr<Mailbox>& mailbox, promoflow_str message) noexcept {
  Share share(mailbox);
  put_note(Letter::Kind::Notice, &share, [&](Letter& letter) { letter.name = text_of(message); });
}

promoflow_executor callbacks_to(const std::shared_ptr<Mailbox>& mailbox, bool hears) {
  promoflow_executor callbacks{};
  callbacks.struct_size = sizeof(callbacks);
  callbacks.user = new Share(mailbox);
  callbacks.run_hook = run_hook;
  callbacks.promote = promote;
  callbacks.cancel = cancel;
  callbacks.destroy = destroy;
  callbacks.reports = PROMOFLOW_REPORTS_STOPPED | PROMOFLOW_REPORTS_STARTED;
  callbacks.settled = hears ? settled : nullptr;
  callbacks.force = hears ? force : nullptr;
  return callbacks;
}

void set_callbacks(promoflow_engine_options& options, const std::shared_ptr<Mailbox>& mailbox,
                   bool observes) {
  options.user = new Share(mailbox);
  options.observe = observes ? observe : nullptr;
  options.store_trouble = store_trouble;
  options.destroy = destroy;
}

// --- letters as Python has them ------------------------------------------------------------------

namespace {

promoflow_str raw(const std::string& text) { return {text.data(), text.size()}; }
promoflow_str raw(const std::optional<std::string>& text) {
  return text ? raw(*text) : promoflow_str{nullptr, 0};
}

PyObject* new_reply(State* state, OwnReply reply) {
  PyObject* const object = state->reply->tp_alloc(state->reply, 0);
  if (object == nullptr) { return nullptr; }
  as<Reply>(object)->state = state;
  as<Reply>(object)->handle = reply.release();
  return object;
}

PyObject* arguments_out(State* state, const Letter& letter) {
  Ref dict(PyDict_New());
  for (const auto& [name, value] : letter.arguments) {
    const Ref key(dict ? name_out(state, raw(name)) : nullptr);
    const Ref text(key ? text_out(raw(value)) : nullptr);
    if (!text || PyDict_SetItem(dict.get(), key.get(), text.get()) != 0) { return nullptr; }
  }
  return dict.release();
}

/// (kind, release, ticket, attempt, reply, environment, arguments, hook, point or action, context,
/// pre_action, post_action)
PyObject* call_out(State* state, Letter letter) {
  const bool is_hook = letter.kind == Letter::Kind::Hook;
  const Ref release(text_out(raw(letter.release)));
  const Ref environment(optional_out(raw(letter.environment)));
  const Ref arguments(arguments_out(state, letter));
  const Ref hook(name_out(state, raw(letter.name)));
  const Ref word(optional_out(is_hook              ? promoflow_point_name(letter.number)
                              : letter.number != 0 ? promoflow_policy_action_name(letter.number)
                                                   : promoflow_str{nullptr, 0}));
  const Ref context(text_out(raw(letter.context)));
  const Ref pre_action(optional_out(raw(letter.pre_action)));
  const Ref post_action(optional_out(raw(letter.post_action)));
  const Ref reply(new_reply(state, std::move(letter.reply)));
  if (!release || !environment || !arguments || !hook || !word || !context || !pre_action ||
      !post_action || !reply) {
    return nullptr;
  }
  return Py_BuildValue("(sOKIOOOOOOOO)", is_hook ? "hook" : "promotion", release.get(),
                       static_cast<unsigned long long>(letter.ticket), letter.attempt, reply.get(),
                       environment.get(), arguments.get(), hook.get(), word.get(), context.get(),
                       pre_action.get(), post_action.get());
}

}  // namespace

PyObject* letter_out(State* state, Letter letter) {
  const auto number = static_cast<unsigned long long>(letter.ticket);
  if (letter.kind == Letter::Kind::Hook || letter.kind == Letter::Kind::Promotion) {
    return call_out(state, std::move(letter));
  }
  const Ref release(text_out(raw(letter.release)));
  const Ref text(text_out(raw(letter.name)));
  if (!release || !text) { return nullptr; }
  switch (letter.kind) {
    case Letter::Kind::Cancel: return Py_BuildValue("(sOK)", "cancel", release.get(), number);
    case Letter::Kind::Settled: return Py_BuildValue("(sOK)", "settled", release.get(), number);
    case Letter::Kind::Force: return Py_BuildValue("(sO)", "force", release.get());
    case Letter::Kind::Notice: return Py_BuildValue("(sO)", "notice", text.get());
    case Letter::Kind::Record:
      return Py_BuildValue("(sOKiO)", "record", release.get(), number, letter.number, text.get());
    default: break;
  }
  const Ref code(text_out(promoflow_status_name(letter.number)));
  return code ? Py_BuildValue("(sOO)", "trouble", code.get(), text.get()) : nullptr;
}

// --- replies -------------------------------------------------------------------------------------

namespace {

PyObject* none_or_fail(PyObject* self, promoflow_status status) {
  if (!fine(as<Reply>(self)->state, status)) { return nullptr; }
  Py_RETURN_NONE;
}

/// reply.succeeded(context)
PyObject* succeeded(PyObject* self, PyObject* context_object) {
  const Ref json(json_in(as<Reply>(self)->state, context_object));
  Text context;
  if ((!json && PyErr_Occurred() != nullptr) || (json && !context.set(json.get(), "context"))) {
    return nullptr;
  }
  return none_or_fail(self, promoflow_reply_succeeded(as<Reply>(self)->handle, context.get()));
}

/// reply.failed(message, context)
PyObject* failed(PyObject* self, PyObject* arguments) {
  PyObject* message_object = nullptr;
  PyObject* context_object = nullptr;
  Text message;
  if (PyArg_ParseTuple(arguments, "OO", &message_object, &context_object) == 0 ||
      !message.set(message_object, "message")) {
    return nullptr;
  }
  const Ref json(json_in(as<Reply>(self)->state, context_object));
  Text context;
  if ((!json && PyErr_Occurred() != nullptr) || (json && !context.set(json.get(), "context"))) {
    return nullptr;
  }
  return none_or_fail(
      self, promoflow_reply_failed(as<Reply>(self)->handle, message.get(), context.get()));
}

/// reply.resumed(by)
PyObject* resumed(PyObject* self, PyObject* by_object) {
  Text by;
  if (!by.set(by_object, "by")) { return nullptr; }
  return none_or_fail(self, promoflow_reply_resumed_by(as<Reply>(self)->handle, by.get()));
}

using Answer = promoflow_status (*)(const promoflow_reply*);
template <Answer kAnswer>
PyObject* answer(PyObject* self, PyObject*) {
  return none_or_fail(self, kAnswer(as<Reply>(self)->handle));
}

PyObject* reply_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "'%.100s' is made by an engine", type->tp_name);
}

void reply_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  promoflow_reply_free(as<Reply>(self)->handle);
  type->tp_free(self);
  Py_DECREF(type);
}

}  // namespace

bool add_reply_type(PyObject* module, State* state) {
  static PyMethodDef methods[] = {
      {"succeeded", succeeded, METH_O, "(context)"},
      {"failed", failed, METH_VARARGS, "(message, context)"},
      {"suspended", answer<&promoflow_reply_suspended>, METH_NOARGS, "()"},
      {"resumed", resumed, METH_O, "(by)"},
      {"queued", answer<&promoflow_reply_queued>, METH_NOARGS, "()"},
      {"started", answer<&promoflow_reply_started>, METH_NOARGS, "()"},
      {"stopped", answer<&promoflow_reply_stopped>, METH_NOARGS, "()"},
      {nullptr, nullptr, 0, nullptr}};
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&reply_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&reply_dealloc)},
                         {Py_tp_methods, methods},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow._core.Reply", sizeof(Reply), 0, Py_TPFLAGS_DEFAULT, slots};
  return add_type(module, &spec, nullptr, &state->reply);
}

}  // namespace promoflow_python
#endif
