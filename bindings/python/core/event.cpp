// SPDX-License-Identifier: Apache-2.0
// What happened: nine types with one layout, made by one table.
#include "core.hpp"

namespace promoflow_python {
namespace {

struct EventKind {
  int32_t kind;
  const char* name;
  const char* doc;
  bool has_ticket;
  const char* text;  ///< What its text is called; null: it has none.
  bool has_context;
};

constexpr std::array<EventKind, kEventTypes> kKinds{{
    {PROMOFLOW_EVENT_TICK, "promoflow.Tick",
     "Tick(*, at=None)\n--\n\nTime has passed, nothing else.", false, nullptr, false},
    {PROMOFLOW_EVENT_HOOK_SUCCEEDED, "promoflow.HookSucceeded",
     "HookSucceeded(ticket, context=None, *, at=None)\n--\n\n"
     "A hook succeeded; `context` is what it exported: a mapping, or JSON text.",
     true, nullptr, true},
    {PROMOFLOW_EVENT_HOOK_FAILED, "promoflow.HookFailed",
     "HookFailed(ticket, message, context=None, *, at=None)\n--\n\n"
     "A hook failed; what it exported is recorded, not merged.",
     true, "message", true},
    {PROMOFLOW_EVENT_PROMOTION_SUCCEEDED, "promoflow.PromotionSucceeded",
     "PromotionSucceeded(ticket, *, at=None)\n--\n\nA promotion succeeded.", true, nullptr, false},
    {PROMOFLOW_EVENT_PROMOTION_FAILED, "promoflow.PromotionFailed",
     "PromotionFailed(ticket, message, *, at=None)\n--\n\nA promotion failed.", true, "message",
     false},
    {PROMOFLOW_EVENT_SUSPENDED, "promoflow.Suspended",
     "Suspended(ticket, *, at=None)\n--\n\nA command waits for a person.", true, nullptr, false},
    {PROMOFLOW_EVENT_RESUMED, "promoflow.Resumed",
     "Resumed(ticket, *, at=None)\n--\n\nThe person has decided.", true, nullptr, false},
    {PROMOFLOW_EVENT_TERMINATE, "promoflow.Terminate",
     "Terminate(reason, *, at=None)\n--\n\nStop the release; a second time, by force.", false,
     "reason", false},
    {PROMOFLOW_EVENT_RETRY, "promoflow.Retry",
     "Retry(*, at=None)\n--\n\nGo on with a failed or terminated release.", false, nullptr, false},
}};

constexpr std::size_t index_of(int32_t kind) {
  for (std::size_t i = 0; i < kEventTypes; ++i) {
    if (kKinds[i].kind == kind) { return i; }
  }
  return 0;
}

PyObject* make(State* state, PyTypeObject* type, const EventKind& kind, uint64_t ticket,
               PyObject* text, PyObject* context, PyObject* at) {
  int64_t at_ms = 0;
  if (!time_in(at, &at_ms)) { return nullptr; }
  Ref json = json_in(state, context);
  if (!json && PyErr_Occurred() != nullptr) { return nullptr; }
  if (text != nullptr && !PyUnicode_Check(text)) {
    PyErr_Format(PyExc_TypeError, "%s: expected str, not %.100s", kind.text,
                 Py_TYPE(text)->tp_name);
    return nullptr;
  }
  PyObject* const object = type->tp_alloc(type, 0);
  if (object == nullptr) { return nullptr; }
  Event* const event = as<Event>(object);
  event->state = state;
  event->kind = kind.kind;
  event->at_ms = at_ms;
  event->ticket = ticket;
  event->text = text == nullptr ? nullptr : own(text);
  event->context = json.release();
  return object;
}

template <std::size_t kIndex>
PyObject* event_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  constexpr EventKind kKind = kKinds[kIndex];
  std::array<const char*, 5> names{};
  std::array<char, 24> format{};
  std::size_t count = 0;
  std::size_t at_format = 0;
  if (kKind.has_ticket) { names[count++] = "ticket", format[at_format++] = 'K'; }
  if (kKind.text != nullptr) { names[count++] = kKind.text, format[at_format++] = 'O'; }
  format[at_format++] = '|';
  if (kKind.has_context) { names[count++] = "context", format[at_format++] = 'O'; }
  names[count] = "at";
  format[at_format++] = '$';
  format[at_format++] = 'O';

  unsigned long long ticket = 0;
  PyObject* text = nullptr;
  PyObject* context = nullptr;
  PyObject* at = nullptr;
  std::array<void*, 4> into{};
  count = 0;
  if (kKind.has_ticket) { into[count++] = &ticket; }
  if (kKind.text != nullptr) { into[count++] = &text; }
  if (kKind.has_context) { into[count++] = &context; }
  into[count] = &at;
  if (PyArg_ParseTupleAndKeywords(arguments, keywords, format.data(),
                                  const_cast<char**>(names.data()), into[0], into[1], into[2],
                                  into[3]) == 0) {
    return nullptr;
  }
  State* const state = state_of(type);
  return state == nullptr ? nullptr : make(state, type, kKind, ticket, text, context, at);
}

void event_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_XDECREF(as<Event>(self)->text);
  Py_XDECREF(as<Event>(self)->context);
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

/// `name`: message or reason, whichever this kind has.
PyObject* get_text(PyObject* self, void* name) {
  const char* const has = kind_of(self).text;
  if (has == nullptr || std::strcmp(has, static_cast<const char*>(name)) != 0) {
    return missing(self, static_cast<const char*>(name));
  }
  return own(as<Event>(self)->text);
}

PyObject* get_context(PyObject* self, void*) {
  if (!kind_of(self).has_context) { return missing(self, "context"); }
  PyObject* const context = as<Event>(self)->context;
  return own(context == nullptr ? Py_None : context);
}

PyObject* get_at(PyObject* self, void*) { return PyLong_FromLongLong(as<Event>(self)->at_ms); }

PyObject* to_json(PyObject* self, PyObject*) {
  promoflow_event raw{};
  Text text;
  Text context;
  if (!event_in(self, text, context, &raw)) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_event_json(&raw, &buffer, &error);
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
    {"reason", get_text, nullptr, "Why it shall stop.", const_cast<char*>("reason")},
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

bool event_in(PyObject* object, Text& text, Text& context, promoflow_event* out) {
  const Event* const event = as<Event>(object);
  if (!text.set(event->text == nullptr ? Py_None : event->text, "text") ||
      !context.set(event->context == nullptr ? Py_None : event->context, "context")) {
    return false;
  }
  out->struct_size = sizeof(*out);
  out->kind = event->kind;
  out->at_ms = event->at_ms;
  out->ticket = event->ticket;
  out->text = text.get();
  out->context = context.get();
  return true;
}

PyObject* new_event(State* state, int32_t kind, uint64_t ticket, PyObject* text, PyObject* context,
                    PyObject* at) {
  const std::size_t index = index_of(kind);
  return make(state, state->events[index], kKinds[index], ticket, text, context, at);
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
