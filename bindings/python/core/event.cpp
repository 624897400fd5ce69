// SPDX-License-Identifier: Apache-2.0
// Events: twelve types with one layout, which a table describes.
#include "core.hpp"

namespace promoflow_python {
namespace {

/// The fields that an event type has, in the order of its parameters: ticket, environment, text,
/// context, environments; then by name only: force, by, at.
struct EventKind {
  int32_t kind;
  const char* name;
  const char* doc;
  bool has_ticket = false;
  bool has_environment = false;
  const char* text = nullptr;  ///< What its text is called; null: it has none.
  bool needs_text = false;
  bool has_context = false;
  bool has_environments = false;
  bool has_force = false;
  bool has_by = false;
};

constexpr EventKind answer(int32_t kind, const char* name, const char* doc) {
  EventKind made{kind, name, doc};
  made.has_ticket = true;
  return made;
}

constexpr EventKind with_message(EventKind made) {
  made.text = "message";
  made.needs_text = true;
  return made;
}

constexpr EventKind with_context(EventKind made) {
  made.has_context = true;
  return made;
}

constexpr EventKind with_by(EventKind made) {
  made.has_by = true;
  return made;
}

constexpr EventKind terminate() {
  EventKind made{PROMOFLOW_EVENT_TERMINATE, "promoflow.Terminate",
                 "Terminate(reason, *, force=False, by=None, at=None)\n--\n\n"
                 "Stop the release: what runs is cancelled, onFail hooks run. With `force` it ends "
                 "at once."};
  made.text = "reason";
  made.needs_text = true;
  made.has_force = true;
  return with_by(made);
}

constexpr EventKind retry() {
  EventKind made{PROMOFLOW_EVENT_RETRY, "promoflow.Retry",
                 "Retry(environments=None, *, by=None, at=None)\n--\n\n"
                 "Let what failed or was terminated go on: all, or these environments."};
  made.has_environments = true;
  return with_by(made);
}

constexpr EventKind skip() {
  EventKind made{PROMOFLOW_EVENT_SKIP, "promoflow.Skip",
                 "Skip(environment, reason=None, *, by=None, at=None)\n--\n\n"
                 "Go on without an environment: what depends on it may begin."};
  made.has_environment = true;
  made.text = "reason";
  return with_by(made);
}

constexpr std::array<EventKind, kEventTypes> kKinds{{
    {PROMOFLOW_EVENT_TICK, "promoflow.Tick",
     "Tick(*, at=None)\n--\n\nTime has passed, nothing else."},
    with_context(answer(PROMOFLOW_EVENT_HOOK_SUCCEEDED, "promoflow.HookSucceeded",
                        "HookSucceeded(ticket, context=None, *, at=None)\n--\n\n"
                        "A hook succeeded; `context` is what it exported: a mapping, or JSON "
                        "text.")),
    with_context(with_message(answer(PROMOFLOW_EVENT_HOOK_FAILED, "promoflow.HookFailed",
                                     "HookFailed(ticket, message, context=None, *, at=None)\n--\n\n"
                                     "A hook failed; what it exported is recorded, not merged."))),
    answer(PROMOFLOW_EVENT_PROMOTION_SUCCEEDED, "promoflow.PromotionSucceeded",
           "PromotionSucceeded(ticket, *, at=None)\n--\n\nA promotion succeeded."),
    with_message(answer(PROMOFLOW_EVENT_PROMOTION_FAILED, "promoflow.PromotionFailed",
                        "PromotionFailed(ticket, message, *, at=None)\n--\n\n"
                        "A promotion failed; also while its environment soaks.")),
    answer(PROMOFLOW_EVENT_SUSPENDED, "promoflow.Suspended",
           "Suspended(ticket, *, at=None)\n--\n\nA command waits for a person."),
    with_by(answer(PROMOFLOW_EVENT_RESUMED, "promoflow.Resumed",
                   "Resumed(ticket, *, by=None, at=None)\n--\n\nThe person has decided.")),
    terminate(),
    retry(),
    answer(PROMOFLOW_EVENT_QUEUED, "promoflow.Queued",
           "Queued(ticket, *, at=None)\n--\n\n"
           "The host has no room yet for a command: its timeout stops."),
    answer(PROMOFLOW_EVENT_STARTED, "promoflow.Started",
           "Started(ticket, *, at=None)\n--\n\n"
           "A queued command has begun: its timeout counts from here."),
    skip(),
}};

constexpr std::size_t index_of(int32_t kind) {
  for (std::size_t i = 0; i < kEventTypes; ++i) {
    if (kKinds[i].kind == kind) { return i; }
  }
  return 0;
}

/// The fields of an event before it is made; null: not given. All are borrowed.
struct Fields {
  unsigned long long ticket = 0;
  int force = 0;
  PyObject* environment = nullptr;
  PyObject* text = nullptr;
  PyObject* context = nullptr;
  PyObject* environments = nullptr;
  PyObject* by = nullptr;
  PyObject* at = nullptr;
};

/// None becomes null. False: it is no str, with TypeError raised.
bool check_str(PyObject*& object, const char* name, bool is_required) {
  if (object == Py_None && !is_required) { object = nullptr; }
  if (object == nullptr || PyUnicode_Check(object)) { return true; }
  PyErr_Format(PyExc_TypeError, "%s: expected str, not %.100s", name, Py_TYPE(object)->tp_name);
  return false;
}

PyObject* make(State* state, PyTypeObject* type, const EventKind& kind, Fields fields) {
  int64_t at_ms = 0;
  if (!time_in(fields.at, &at_ms)) { return nullptr; }
  Ref json = json_in(state, fields.context);
  if (!json && PyErr_Occurred() != nullptr) { return nullptr; }
  if (!check_str(fields.text, kind.text, kind.needs_text) || !check_str(fields.by, "by", false) ||
      !check_str(fields.environment, "environment", true)) {
    return nullptr;
  }
  Ref environments = names_in(fields.environments, "environments");
  if (!environments && PyErr_Occurred() != nullptr) { return nullptr; }
  PyObject* const object = type->tp_alloc(type, 0);
  if (object == nullptr) { return nullptr; }
  const auto own_or_null = [](PyObject* one) { return one == nullptr ? nullptr : own(one); };
  Event* const event = as<Event>(object);
  event->state = state;
  event->kind = kind.kind;
  event->at_ms = at_ms;
  event->ticket = fields.ticket;
  event->force = fields.force != 0;
  event->text = own_or_null(fields.text);
  event->context = json.release();
  event->by = own_or_null(fields.by);
  event->environment = own_or_null(fields.environment);
  event->environments = environments.release();
  return object;
}

template <std::size_t kIndex>
PyObject* event_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  constexpr EventKind kKind = kKinds[kIndex];
  constexpr std::size_t kMost = 8;
  std::array<const char*, kMost + 1> names{};
  std::array<char, 2 * kMost> format{};
  std::array<void*, kMost> into{};
  std::size_t count = 0;
  std::size_t at_format = 0;
  const auto add = [&](const char* name, char letter, void* where) {
    names[count] = name;
    into[count++] = where;
    format[at_format++] = letter;
  };
  Fields fields;
  if (kKind.has_ticket) { add("ticket", 'K', &fields.ticket); }
  if (kKind.has_environment) { add("environment", 'O', &fields.environment); }
  if (kKind.needs_text) { add(kKind.text, 'O', &fields.text); }
  format[at_format++] = '|';
  if (kKind.text != nullptr && !kKind.needs_text) { add(kKind.text, 'O', &fields.text); }
  if (kKind.has_context) { add("context", 'O', &fields.context); }
  if (kKind.has_environments) { add("environments", 'O', &fields.environments); }
  format[at_format++] = '$';
  if (kKind.has_force) { add("force", 'p', &fields.force); }
  if (kKind.has_by) { add("by", 'O', &fields.by); }
  add("at", 'O', &fields.at);
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, format.data(),
                                  const_cast<char**>(names.data()), into[0], into[1], into[2],
                                  into[3], into[4], into[5], into[6], into[7]) == 0) {
    return nullptr;
  }
  State* const state = state_of(type);
  return state == nullptr ? nullptr : make(state, type, kKind, fields);
}

void event_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Event* const event = as<Event>(self);
  for (PyObject* one :
       {event->text, event->context, event->by, event->environment, event->environments}) {
    Py_XDECREF(one);
  }
  type->tp_free(self);
  Py_DECREF(type);
}

const EventKind& kind_of(PyObject* self) { return kKinds[index_of(as<Event>(self)->kind)]; }

PyObject* missing(PyObject* self, const char* name) {
  return PyErr_Format(PyExc_AttributeError, "'%.100s' object has no attribute '%s'",
                      Py_TYPE(self)->tp_name, name);
}

PyObject* get_ticket(PyObject* self, void*) {
  return kind_of(self).has_ticket ? PyLong_FromUnsignedLongLong(as<Event>(self)->ticket)
                                  : missing(self, "ticket");
}

PyObject* text_or_empty(PyObject* text) {
  return text == nullptr ? PyUnicode_FromString("") : own(text);
}

/// `name`: message or reason, whichever this kind has.
PyObject* get_text(PyObject* self, void* name) {
  const char* const has = kind_of(self).text;
  if (has == nullptr || std::strcmp(has, static_cast<const char*>(name)) != 0) {
    return missing(self, static_cast<const char*>(name));
  }
  return text_or_empty(as<Event>(self)->text);
}

PyObject* get_by(PyObject* self, void*) {
  return kind_of(self).has_by ? text_or_empty(as<Event>(self)->by) : missing(self, "by");
}

PyObject* get_force(PyObject* self, void*) {
  return kind_of(self).has_force ? PyBool_FromLong(as<Event>(self)->force ? 1 : 0)
                                 : missing(self, "force");
}

PyObject* get_environment(PyObject* self, void*) {
  return kind_of(self).has_environment ? own(as<Event>(self)->environment)
                                       : missing(self, "environment");
}

PyObject* get_environments(PyObject* self, void*) {
  if (!kind_of(self).has_environments) { return missing(self, "environments"); }
  PyObject* const environments = as<Event>(self)->environments;
  return own(environments == nullptr ? Py_None : environments);
}

PyObject* get_context(PyObject* self, void*) {
  if (!kind_of(self).has_context) { return missing(self, "context"); }
  PyObject* const context = as<Event>(self)->context;
  return own(context == nullptr ? Py_None : context);
}

PyObject* get_at(PyObject* self, void*) { return PyLong_FromLongLong(as<Event>(self)->at_ms); }

PyObject* to_json(PyObject* self, PyObject*) {
  RawEvent raw;
  if (!raw.set(self)) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_event_json(raw.get(), &buffer, &error);
  return buffer_or_fail(as<Event>(self)->state, status, buffer, error);
}

PyObject* event_repr(PyObject* self) {
  const Ref json(to_json(self, nullptr));
  return json ? PyUnicode_FromFormat("<%s %U>", kind_of(self).name, json.get()) : nullptr;
}

PyObject* event_compare(PyObject* self, PyObject* other, int operation) {
  if ((operation != Py_EQ && operation != Py_NE) || Py_TYPE(self) != Py_TYPE(other)) {
    Py_RETURN_NOTIMPLEMENTED;
  }
  const Ref left(to_json(self, nullptr));
  const Ref right(to_json(other, nullptr));
  return left && right ? PyObject_RichCompare(left.get(), right.get(), operation) : nullptr;
}

PyMethodDef methods[] = {
    {"to_json", to_json, METH_NOARGS,
     "The event as one line of JSON without line end: store it, then apply it."},
    {nullptr, nullptr, 0, nullptr}};

PyGetSetDef getters[] = {
    {"ticket", get_ticket, nullptr, "The command that it speaks of.", nullptr},
    {"message", get_text, nullptr, "Why it failed.", const_cast<char*>("message")},
    {"reason", get_text, nullptr, "Why; may be empty.", const_cast<char*>("reason")},
    {"by", get_by, nullptr, "Who asked; may be empty.", nullptr},
    {"force", get_force, nullptr, "Whether the release ends at once.", nullptr},
    {"environment", get_environment, nullptr, "The environment to skip.", nullptr},
    {"environments", get_environments, nullptr, "The environments to retry; None: all.", nullptr},
    {"context", get_context, nullptr, "What was exported, as JSON text, or None.", nullptr},
    {"at", get_at, nullptr, "When it happened, in UTC milliseconds.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

template <std::size_t kIndex>
bool add_events(PyObject* module, State* state) {
  if constexpr (kIndex < kEventTypes) {
    PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&event_new<kIndex>)},
                           {Py_tp_dealloc, reinterpret_cast<void*>(&event_dealloc)},
                           {Py_tp_richcompare, reinterpret_cast<void*>(&event_compare)},
                           {Py_tp_hash, reinterpret_cast<void*>(&PyObject_HashNotImplemented)},
                           {Py_tp_doc, const_cast<char*>(kKinds[kIndex].doc)},
                           {0, nullptr}};
    PyType_Spec spec{kKinds[kIndex].name, sizeof(Event), 0, Py_TPFLAGS_DEFAULT, slots};
    return add_type(module, &spec, state->event, &state->events[kIndex]) &&
           add_events<kIndex + 1>(module, state);
  }
  return true;
}

PyObject* no_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "cannot create '%.100s' instances", type->tp_name);
}

}  // namespace

bool RawEvent::set(PyObject* object) {
  const Event* const event = as<Event>(object);
  const auto set_text = [](Text& text, PyObject* from, const char* name) {
    return from == nullptr || text.set(from, name);
  };
  if (!set_text(text_, event->text, "text") || !set_text(context_, event->context, "context") ||
      !set_text(by_, event->by, "by") ||
      !set_text(environment_, event->environment, "environment") ||
      (event->environments != nullptr && !environments_.set(event->environments, "environments"))) {
    return false;
  }
  raw_.struct_size = sizeof(raw_);
  raw_.kind = event->kind;
  raw_.at_ms = event->at_ms;
  raw_.ticket = event->ticket;
  raw_.text = text_.get();
  raw_.context = context_.get();
  raw_.by = by_.get();
  raw_.environment = environment_.get();
  raw_.environments = environments_.data();
  raw_.environment_count = environments_.size();
  raw_.force = event->force ? 1 : 0;
  return true;
}

PyObject* new_event(State* state, int32_t kind, uint64_t ticket, PyObject* text, PyObject* context,
                    PyObject* by, PyObject* at) {
  const std::size_t index = index_of(kind);
  Fields fields;
  fields.ticket = ticket;
  fields.text = text;
  fields.context = context;
  fields.by = by;
  fields.at = at;
  return make(state, state->events[index], kKinds[index], fields);
}

bool add_event_types(PyObject* module, State* state) {
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&no_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&event_dealloc)},
                         {Py_tp_repr, reinterpret_cast<void*>(&event_repr)},
                         {Py_tp_richcompare, reinterpret_cast<void*>(&event_compare)},
                         {Py_tp_hash, reinterpret_cast<void*>(&PyObject_HashNotImplemented)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {Py_tp_doc, const_cast<char*>("What happened, and when.")},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow.Event", sizeof(Event), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                   slots};
  return add_type(module, &spec, nullptr, &state->event) && add_events<0>(module, state);
}

}  // namespace promoflow_python
