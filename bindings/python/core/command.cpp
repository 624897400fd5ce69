// SPDX-License-Identifier: Apache-2.0
// Commands: RunHook, Promote, Cancel. A hook's arguments are copied when they are first read, or
// when the release changes while Python still holds the command.
#include "core.hpp"

namespace promoflow_python {
namespace {

void detach(Command* command) {
  if (command->previous != nullptr) {
    command->previous->next = command->next;
  } else if (command->owner != nullptr && !command->of_trace &&
             as<Release>(command->owner)->attached == command) {
    as<Release>(command->owner)->attached = command->next;
  }
  if (command->next != nullptr) { command->next->previous = command->previous; }
  command->previous = command->next = nullptr;
}

/// Detaches the command and drops its reference to the release.
void orphan(Command* command) {
  detach(command);
  Py_CLEAR(command->owner);
}

/// The dict is made before anything is borrowed: making one may collect garbage, and that may run
/// code that changes the release. Texts do not.
PyObject* read_arguments(Command* command) {
  Ref dict(PyDict_New());
  if (!dict) { return nullptr; }
  if (command->owner == nullptr) { return fail_closed(command->state); }
  Many<promoflow_argument, 32> arguments;
  const promoflow_command* const raw = &command->raw;
  bool read = false;
  if (command->of_trace) {
    const promoflow_trace* const trace = open(as<Trace>(command->owner));
    read = trace != nullptr &&
           arguments.read(command->state, [&](auto* out, size_t capacity, size_t* count) {
             return promoflow_trace_arguments(trace, raw, out, capacity, count);
           });
  } else {
    const promoflow_release* const release = open(as<Release>(command->owner));
    read = release != nullptr &&
           arguments.read(command->state, [&](auto* out, size_t capacity, size_t* count) {
             return promoflow_command_arguments(release, raw, out, capacity, count);
           });
  }
  if (!read) { return nullptr; }
  for (const promoflow_argument& argument : arguments) {
    const Ref name(name_out(command->state, argument.name));
    const Ref value(text_out(argument.value));
    if (!name || !value || PyDict_SetItem(dict.get(), name.get(), value.get()) != 0) {
      return nullptr;
    }
  }
  return dict.release();
}

promoflow_status read_of_trace(const void* of, const promoflow_command* command,
                               promoflow_context_entry* out, size_t capacity, size_t* count) {
  return promoflow_trace_command_context(static_cast<const promoflow_trace*>(of), command, out,
                                         sizeof(*out), capacity, count);
}

promoflow_status read_of_release(const void* of, const promoflow_command* command,
                                 promoflow_context_entry* out, size_t capacity, size_t* count) {
  return promoflow_command_context(static_cast<const promoflow_release*>(of), command, out,
                                   sizeof(*out), capacity, count);
}

PyObject* read_context(Command* command) {
  if (command->context_json != nullptr) {
    return PyObject_CallFunctionObjArgs(command->state->json_loads, command->context_json, nullptr);
  }
  if (command->owner == nullptr) { return fail_closed(command->state); }
  if (command->of_trace) {
    if (open(as<Trace>(command->owner)) == nullptr) { return nullptr; }
    const Pin<promoflow_trace> trace(as<Trace>(command->owner), &promoflow_trace_free);
    return context_out(command->state, &read_of_trace, trace.get(), &command->raw);
  }
  if (open(as<Release>(command->owner)) == nullptr) { return nullptr; }
  const Pin<promoflow_release> release(as<Release>(command->owner), &promoflow_release_free);
  return context_out(command->state, &read_of_release, release.get(), &command->raw);
}

/// Copies arguments and context that have not been read yet.
bool copy_inputs(Command* command) {
  if (command->raw.kind != PROMOFLOW_COMMAND_RUN_HOOK) { return true; }
  if (command->arguments == nullptr) {
    PyObject* const made = read_arguments(command);
    if (made == nullptr) { return false; }
    Py_XDECREF(std::exchange(command->arguments, made));
  }
  if (command->owner == nullptr || as<Release>(command->owner)->handle == nullptr) {
    fail_closed(command->state);  // By a finalizer, just now.
    return false;
  }
  if (command->context == nullptr && command->context_json == nullptr) {
    promoflow_buffer* buffer = nullptr;
    promoflow_error* error = nullptr;
    const promoflow_status status = promoflow_command_context_json(
        as<Release>(command->owner)->handle, &command->raw, &buffer, &error);
    command->context_json = buffer_or_fail(command->state, status, buffer, error);
    return command->context_json != nullptr;
  }
  return true;
}

int command_traverse(PyObject* self, visitproc visit, void* arg) {
  Command* const command = as<Command>(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(command->owner);
  Py_VISIT(command->arguments);
  Py_VISIT(command->context);
  return 0;
}

int command_clear(PyObject* self) {
  Command* const command = as<Command>(self);
  orphan(command);
  Py_CLEAR(command->arguments);
  Py_CLEAR(command->context);
  return 0;
}

void command_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Command* const command = as<Command>(self);
  PyObject_GC_UnTrack(self);
  command_clear(self);
  Py_XDECREF(command->hook);
  Py_XDECREF(command->environment);
  Py_XDECREF(command->context_json);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* get_ticket(PyObject* self, void*) {
  return PyLong_FromUnsignedLongLong(as<Command>(self)->raw.ticket);
}

PyObject* get_attempt(PyObject* self, void*) {
  return PyLong_FromUnsignedLong(as<Command>(self)->raw.attempt);
}

PyObject* get_hook(PyObject* self, void*) { return own(as<Command>(self)->hook); }

PyObject* get_environment(PyObject* self, void*) {
  PyObject* const environment = as<Command>(self)->environment;
  return own(environment == nullptr ? Py_None : environment);
}

PyObject* get_point(PyObject* self, void*) {
  const Command* const command = as<Command>(self);
  return name_out(command->state, promoflow_point_name(command->raw.point));
}

PyObject* get_suspended(PyObject* self, void*) {
  return PyBool_FromLong(as<Command>(self)->raw.suspended);
}

PyObject* get_queued(PyObject* self, void*) {
  return PyBool_FromLong(as<Command>(self)->raw.queued != 0 ? 1 : 0);
}

PyObject* get_expires(PyObject* self, void*) { return time_out(as<Command>(self)->raw.expires_ms); }

PyObject* get_arguments(PyObject* self, void*) {
  Command* const command = as<Command>(self);
  if (command->arguments == nullptr) {
    PyObject* const made = read_arguments(command);
    if (made == nullptr) { return nullptr; }
    Py_XDECREF(std::exchange(command->arguments, made));
  }
  return own(command->arguments);
}

PyObject* get_context(PyObject* self, void*) {
  Command* const command = as<Command>(self);
  if (command->context == nullptr) {
    PyObject* const made = read_context(command);
    if (made == nullptr) { return nullptr; }
    Py_XDECREF(std::exchange(command->context, made));
  }
  return own(command->context);
}

PyObject* command_repr(PyObject* self) {
  const Command* const command = as<Command>(self);
  Ref text(PyUnicode_FromFormat("<%s %llu", Py_TYPE(self)->tp_name,
                                static_cast<unsigned long long>(command->raw.ticket)));
  if (text && command->hook != nullptr) {
    const Ref point(get_point(self, nullptr));
    text = Ref(point ? PyUnicode_FromFormat("%U: %U at %U", text.get(), command->hook, point.get())
                     : nullptr);
  }
  if (text && command->environment != nullptr) {
    text = Ref(PyUnicode_FromFormat(command->hook == nullptr ? "%U: %U" : "%U of %U", text.get(),
                                    command->environment));
  }
  return text ? PyUnicode_FromFormat("%U>", text.get()) : nullptr;
}

// --- its answers, as events ----------------------------------------------------------------------

PyObject* succeeded(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"context", "at", nullptr};
  PyObject* context = nullptr;
  PyObject* at = nullptr;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "|O$O:succeeded", const_cast<char**>(names),
                                  &context, &at) == 0) {
    return nullptr;
  }
  const Command* const command = as<Command>(self);
  return new_event(command->state, PROMOFLOW_EVENT_HOOK_SUCCEEDED, command->raw.ticket, nullptr,
                   context, nullptr, at);
}

PyObject* failed(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"message", "context", "at", nullptr};
  PyObject* message = nullptr;
  PyObject* context = nullptr;
  PyObject* at = nullptr;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "O|O$O:failed", const_cast<char**>(names),
                                  &message, &context, &at) == 0) {
    return nullptr;
  }
  const Command* const command = as<Command>(self);
  return new_event(command->state, PROMOFLOW_EVENT_HOOK_FAILED, command->raw.ticket, message,
                   context, nullptr, at);
}

PyObject* promotion_failed(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"message", "at", nullptr};
  PyObject* message = nullptr;
  PyObject* at = nullptr;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "O|$O:failed", const_cast<char**>(names),
                                  &message, &at) == 0) {
    return nullptr;
  }
  const Command* const command = as<Command>(self);
  return new_event(command->state, PROMOFLOW_EVENT_PROMOTION_FAILED, command->raw.ticket, message,
                   nullptr, nullptr, at);
}

template <int32_t kKind>
PyObject* answer(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"at", nullptr};
  PyObject* at = nullptr;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "|$O", const_cast<char**>(names), &at) ==
      0) {
    return nullptr;
  }
  const Command* const command = as<Command>(self);
  return new_event(command->state, kKind, command->raw.ticket, nullptr, nullptr, nullptr, at);
}

PyObject* resume(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"by", "at", nullptr};
  PyObject* by = nullptr;
  PyObject* at = nullptr;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, "|$OO:resume", const_cast<char**>(names),
                                  &by, &at) == 0) {
    return nullptr;
  }
  const Command* const command = as<Command>(self);
  return new_event(command->state, PROMOFLOW_EVENT_RESUMED, command->raw.ticket, nullptr, nullptr,
                   by, at);
}

#define PROMOFLOW_ATTEMPT \
  { "attempt", get_attempt, nullptr, "From 1, and one more each time it is issued again.", nullptr }
#define PROMOFLOW_OUTSTANDING                                                                      \
  {"suspended", get_suspended, nullptr, "Whether it waits for a person, as of outstanding().",     \
   nullptr},                                                                                       \
      {"queued", get_queued, nullptr, "Whether it waits for room, as of outstanding().", nullptr}, \
  {                                                                                                \
    "expires", get_expires, nullptr,                                                               \
        "When its timeout ends it, in UTC milliseconds, as of outstanding(); else None.", nullptr  \
  }

PyGetSetDef hook_getters[] = {
    PROMOFLOW_ATTEMPT,
    PROMOFLOW_OUTSTANDING,
    {"hook", get_hook, nullptr, "The hook's name.", nullptr},
    {"point", get_point, nullptr, "Where it runs: release.onStart, ...", nullptr},
    {"environment", get_environment, nullptr, "The environment; None at release points.", nullptr},
    {"arguments", get_arguments, nullptr, "The hook's arguments, in their order.", nullptr},
    {"context", get_context, nullptr, "The promotion context that the hook sees.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyObject* get_action(PyObject* self, void*) {
  const Command* const command = as<Command>(self);
  if (command->raw.policy_action == 0) { Py_RETURN_NONE; }
  return name_out(command->state, promoflow_policy_action_name(command->raw.policy_action));
}

/// Kept in the fields that only hooks use otherwise.
PyObject* get_pre_action(PyObject* self, void*) {
  PyObject* const text = as<Command>(self)->arguments;
  return own(text == nullptr ? Py_None : text);
}

PyObject* get_post_action(PyObject* self, void*) {
  PyObject* const text = as<Command>(self)->context;
  return own(text == nullptr ? Py_None : text);
}

PyGetSetDef promote_getters[] = {
    PROMOFLOW_ATTEMPT,
    PROMOFLOW_OUTSTANDING,
    {"environment", get_environment, nullptr, "The environment to promote into.", nullptr},
    {"action", get_action, nullptr, "The policy's action: commit, pr, none; or None.", nullptr},
    {"pre_action", get_pre_action, nullptr, "The policy's preAction, or None.", nullptr},
    {"post_action", get_post_action, nullptr, "The policy's postAction, or None.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyGetSetDef base_getters[] = {
    {"ticket", get_ticket, nullptr, "Names the command; answers speak of it.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyGetSetDef no_getters[] = {{nullptr, nullptr, nullptr, nullptr, nullptr}};

PyObject* command_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "'%.100s' is given by a release, not made", type->tp_name);
}

bool add_kind(PyObject* module, State* state, const char* name, const char* doc,
              PyGetSetDef* getters, PyMethodDef* methods, PyTypeObject** slot) {
  PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>(doc)},
                         {Py_tp_getset, getters},
                         {Py_tp_methods, methods},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&command_dealloc)},
                         {Py_tp_traverse, reinterpret_cast<void*>(&command_traverse)},
                         {Py_tp_clear, reinterpret_cast<void*>(&command_clear)},
                         {0, nullptr}};
  PyType_Spec spec{name, sizeof(Command), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
  return add_type(module, &spec, state->command, slot);
}

PyMethodDef hook_methods[] = {
    method("succeeded", &succeeded,
           "succeeded(context=None, *, at=None)\n--\n\nThe event that it succeeded."),
    method("failed", &failed,
           "failed(message, context=None, *, at=None)\n--\n\nThe event that it failed."),
    method("suspend", &answer<PROMOFLOW_EVENT_SUSPENDED>,
           "suspend(*, at=None)\n--\n\nThe event that it waits for a person."),
    method("resume", &resume,
           "resume(*, by=None, at=None)\n--\n\nThe event that the person has decided."),
    method("queue", &answer<PROMOFLOW_EVENT_QUEUED>,
           "queue(*, at=None)\n--\n\nThe event that there is no room for it yet."),
    method("start", &answer<PROMOFLOW_EVENT_STARTED>,
           "start(*, at=None)\n--\n\nThe event that it was queued and has begun."),
    {nullptr, nullptr, 0, nullptr}};

PyMethodDef promote_methods[] = {
    method("succeeded", &answer<PROMOFLOW_EVENT_PROMOTION_SUCCEEDED>,
           "succeeded(*, at=None)\n--\n\nThe event that it succeeded."),
    method("failed", &promotion_failed,
           "failed(message, *, at=None)\n--\n\nThe event that it failed."),
    hook_methods[2],
    hook_methods[3],
    hook_methods[4],
    hook_methods[5],
    {nullptr, nullptr, 0, nullptr}};

PyMethodDef no_methods[] = {{nullptr, nullptr, 0, nullptr}};

}  // namespace

PyObject* new_command(State* state, const promoflow_command& raw, PyObject* owner, bool of_trace) {
  PyTypeObject* type = state->cancel;
  if (raw.kind == PROMOFLOW_COMMAND_RUN_HOOK) { type = state->run_hook; }
  if (raw.kind == PROMOFLOW_COMMAND_PROMOTE) { type = state->promote; }
  // Names first: what is borrowed is read before the object is made, which may collect garbage.
  Ref hook(raw.hook.data == nullptr ? nullptr : name_out(state, raw.hook));
  Ref environment(raw.environment == PROMOFLOW_NO_ENVIRONMENT
                      ? nullptr
                      : name_out(state, raw.environment_name));
  const bool promotes = raw.kind == PROMOFLOW_COMMAND_PROMOTE;
  Ref pre(promotes && raw.policy_pre_action.data != nullptr ? name_out(state, raw.policy_pre_action)
                                                            : nullptr);
  Ref post(promotes && raw.policy_post_action.data != nullptr
               ? name_out(state, raw.policy_post_action)
               : nullptr);
  if (PyErr_Occurred() != nullptr) { return nullptr; }
  const promoflow_command kept = raw;
  PyObject* const object = type->tp_alloc(type, 0);
  if (object == nullptr) { return nullptr; }
  Command* const command = as<Command>(object);
  command->state = state;
  command->raw = kept;
  command->hook = hook.release();
  command->environment = environment.release();
  command->arguments = pre.release();
  command->context = post.release();
  command->of_trace = of_trace;
  if (kept.kind != PROMOFLOW_COMMAND_RUN_HOOK) { return object; }
  command->owner = own(owner);
  if (!of_trace) {
    Release* const release = as<Release>(owner);
    command->next = release->attached;
    if (command->next != nullptr) { command->next->previous = command; }
    release->attached = command;
  }
  return object;
}

/// Commands may come and go while one copies its inputs: so this always takes the first of the
/// list.
bool detach_all(Release* release) {
  while (release->attached != nullptr) {
    Command* const command = release->attached;
    const Ref kept(own(reinterpret_cast<PyObject*>(command)));
    if (!copy_inputs(command)) { return false; }
    orphan(command);
  }
  return true;
}

void orphan_all(Release* release) {
  while (release->attached != nullptr) { orphan(release->attached); }
}

bool add_command_types(PyObject* module, State* state) {
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&command_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&command_dealloc)},
                         {Py_tp_traverse, reinterpret_cast<void*>(&command_traverse)},
                         {Py_tp_clear, reinterpret_cast<void*>(&command_clear)},
                         {Py_tp_repr, reinterpret_cast<void*>(&command_repr)},
                         {Py_tp_getset, base_getters},
                         {Py_tp_doc, const_cast<char*>("What to do.")},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow.Command", sizeof(Command), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  return add_type(module, &spec, nullptr, &state->command) &&
         add_kind(module, state, "promoflow.RunHook", "Run a hook.", hook_getters, hook_methods,
                  &state->run_hook) &&
         add_kind(module, state, "promoflow.Promote", "Promote into an environment.",
                  promote_getters, promote_methods, &state->promote) &&
         add_kind(module, state, "promoflow.Cancel", "Stop what runs under this ticket.",
                  no_getters, no_methods, &state->cancel);
}

}  // namespace promoflow_python
