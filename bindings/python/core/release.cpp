// SPDX-License-Identifier: Apache-2.0
// Releases: start, events, commands. release_views.cpp has what only reads.
#include "core.hpp"

namespace promoflow_python {
namespace {

/// The handle, ready to be changed: commands that Python still holds have copied what they need.
promoflow_release* changing(PyObject* self) {
  Release* const release = as<Release>(self);
  if (open(release) == nullptr || !detach_all(release)) { return nullptr; }
  if (release->users != 0) {  // Code that ran while it was being read, such as a finalizer.
    PyErr_SetString(PyExc_RuntimeError, "the release is being read");
    return nullptr;
  }
  return open(release);
}

PyObject* none_or_fail(PyObject* self, promoflow_status status, promoflow_error* error) {
  if (!fine(as<Release>(self)->state, status, error)) { return nullptr; }
  Py_RETURN_NONE;
}

/// What a start is given: (flow, id, url, product, version, commit_sha, context, at, kind, names);
/// kind and names are those of a promoflow_selection.
struct StartArguments {
  PyObject* flow_object = nullptr;
  Flow* flow = nullptr;
  std::array<Text, 5> texts;
  Ref json;
  Text context;
  Names names;
  int64_t now_ms = 0;
  promoflow_release_info info{};
  promoflow_selection selection{};

  /// False: a Python exception is set.
  bool set(State* state, PyObject* arguments) {
    std::array<PyObject*, 5> fields{};
    PyObject* context_object = nullptr;
    PyObject* at = nullptr;
    int kind = 0;
    PyObject* names_object = nullptr;
    if (PyArg_ParseTuple(arguments, "OOOOOOOOiO", &flow_object, &fields[0], &fields[1], &fields[2],
                         &fields[3], &fields[4], &context_object, &at, &kind, &names_object) == 0) {
      return false;
    }
    static constexpr std::array<const char*, 5> kNames{"id", "url", "product", "version",
                                                       "commit_sha"};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!texts[i].set(fields[i], kNames[i])) { return false; }
    }
    json = json_in(state, context_object);
    if ((!json && PyErr_Occurred() != nullptr) || (json && !context.set(json.get(), "context")) ||
        !time_in(at, &now_ms) || !names.set(names_object, "environments")) {
      return false;
    }
    info = {sizeof(info),  0, texts[0].get(), texts[1].get(), texts[2].get(), texts[3].get(),
            texts[4].get()};
    selection = {sizeof(selection), kind, names.data(), names.size()};
    flow = flow_in(state, flow_object);
    return flow != nullptr;
  }
  promoflow_str given_context() const { return json ? context.get() : view(""); }
};

/// Release._start(...): see StartArguments.
PyObject* start(PyObject* type, PyObject* arguments) {
  State* const state = state_of(reinterpret_cast<PyTypeObject*>(type));
  StartArguments given;
  if (state == nullptr || !given.set(state, arguments)) { return nullptr; }
  promoflow_release* handle = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status =
      promoflow_release_start_with(given.flow->handle, &given.info, given.now_ms,
                                   given.given_context(), &given.selection, &handle, &error);
  if (status != PROMOFLOW_OK) { return fail(state, status, error); }
  return new_box(state, reinterpret_cast<PyTypeObject*>(type), handle, &promoflow_release_free,
                 given.flow_object);
}

/// Release._start_json(...): the journal's line of a start; see StartArguments.
PyObject* start_json(PyObject* type, PyObject* arguments) {
  State* const state = state_of(reinterpret_cast<PyTypeObject*>(type));
  StartArguments given;
  if (state == nullptr || !given.set(state, arguments)) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status =
      promoflow_start_json(given.flow->handle, &given.info, given.now_ms, given.given_context(),
                           &given.selection, &buffer, &error);
  return buffer_or_fail(state, status, buffer, error);
}

using FromText = promoflow_status (*)(const promoflow_flow*, promoflow_str, promoflow_release**,
                                      promoflow_error**);

/// A release that `make` reads from a text: (flow, text).
PyObject* from_text(PyObject* type, PyObject* arguments, const char* name, FromText make) {
  State* const state = state_of(reinterpret_cast<PyTypeObject*>(type));
  PyObject* flow_object = nullptr;
  PyObject* text_object = nullptr;
  Text text;
  if (state == nullptr || PyArg_ParseTuple(arguments, "OO", &flow_object, &text_object) == 0 ||
      !text.set(text_object, name)) {
    return nullptr;
  }
  Flow* const of = flow_in(state, flow_object);
  if (of == nullptr) { return nullptr; }
  const Pin<promoflow_flow> flow(of, &promoflow_flow_free);
  promoflow_release* handle = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status =
      unlocked([&] { return make(flow.get(), text.get(), &handle, &error); });
  if (status != PROMOFLOW_OK) { return fail(state, status, error); }
  return new_box(state, reinterpret_cast<PyTypeObject*>(type), handle, &promoflow_release_free,
                 flow_object);
}

/// Release._restore(flow, snapshot)
PyObject* restore(PyObject* type, PyObject* arguments) {
  return from_text(type, arguments, "snapshot", &promoflow_release_restore);
}

/// Release._recover(flow, journal)
PyObject* recover(PyObject* type, PyObject* arguments) {
  return from_text(type, arguments, "journal", &promoflow_release_recover);
}

PyObject* apply(PyObject* self, PyObject* event) {
  State* const state = as<Release>(self)->state;
  if (PyObject_TypeCheck(event, state->event) == 0) {
    return PyErr_Format(PyExc_TypeError, "expected an event such as HookSucceeded, not %.100s",
                        Py_TYPE(event)->tp_name);
  }
  RawEvent raw;
  if (!raw.set(event)) { return nullptr; }
  promoflow_release* const release = changing(self);
  if (release == nullptr) { return nullptr; }
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_release_apply(release, raw.get(), &error);
  return none_or_fail(self, status, error);
}

PyObject* apply_json(PyObject* self, PyObject* line) {
  Text text;
  if (!text.set(line, "line")) { return nullptr; }
  promoflow_release* const release = changing(self);
  if (release == nullptr) { return nullptr; }
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_release_apply_json(release, text.get(), &error);
  return none_or_fail(self, status, error);
}

PyObject* reissue(PyObject* self, PyObject*) {
  promoflow_release* const release = changing(self);
  if (release == nullptr) { return nullptr; }
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_release_reissue(release, &error);
  return none_or_fail(self, status, error);
}

// --- commands and records ------------------------------------------------------------------------

struct Commands {
  PyObject ob_base;
  PyObject* release;
};

PyObject* commands(PyObject* self, PyObject*) {
  PyTypeObject* const type = as<Release>(self)->state->commands;
  if (open(as<Release>(self)) == nullptr) { return nullptr; }
  PyObject* const made = type->tp_alloc(type, 0);
  if (made != nullptr) { as<Commands>(made)->release = own(self); }
  return made;
}

PyObject* next_command(PyObject* iterator) {
  PyObject* const self = as<Commands>(iterator)->release;
  State* const state = as<Release>(self)->state;
  promoflow_release* const release = open(as<Release>(self));
  if (release == nullptr) { return nullptr; }
  promoflow_command raw;
  raw.struct_size = sizeof(raw);
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_release_next_command(release, &raw, &error);
  if (status == PROMOFLOW_OK) { return new_command(state, raw, self, false); }
  fine(state, status, error);
  return nullptr;
}

void commands_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_XDECREF(as<Commands>(self)->release);
  type->tp_free(self);
  Py_DECREF(type);
}

/// _next_record(origin_ms or None): a tuple, or None. With an origin it has its line of JSON.
PyObject* next_record(PyObject* self, PyObject* origin) {
  State* const state = as<Release>(self)->state;
  promoflow_release* const release = open(as<Release>(self));
  const int64_t origin_ms = origin == Py_None ? 0 : PyLong_AsLongLong(origin);
  if (release == nullptr || PyErr_Occurred() != nullptr) { return nullptr; }
  const Pin<promoflow_release> pinned(as<Release>(self), &promoflow_release_free);
  promoflow_record raw{};
  promoflow_command raw_command{};
  raw.struct_size = sizeof(raw);
  raw_command.struct_size = sizeof(raw_command);
  promoflow_error* error = nullptr;
  promoflow_status status = promoflow_release_next_record(release, &raw, &raw_command, &error);
  if (status == PROMOFLOW_DONE) { Py_RETURN_NONE; }
  if (!fine(state, status, error)) { return nullptr; }
  Ref json(own(Py_None));
  if (origin != Py_None) {
    promoflow_buffer* buffer = nullptr;
    status = promoflow_release_record_json(release, origin_ms, &buffer, &error);
    json = Ref(buffer_or_fail(state, status, buffer, error));
  }
  Ref environments(own(Py_None));
  if (raw.environment_count != 0) {
    Many<promoflow_str, 8> found;
    environments = Ref(found.read(state,
                                  [&](auto* out, size_t capacity, size_t* count) {
                                    return promoflow_release_record_environments(release, out,
                                                                                 capacity, count);
                                  })
                           ? strings_out(state, found.begin(), found.size())
                           : nullptr);
  }
  promoflow_flow* flow = nullptr;
  status = promoflow_release_flow(release, &flow, &error);
  if (!json || !environments || !fine(state, status, error)) {
    promoflow_flow_free(flow);
    return nullptr;
  }
  const Ref command(raw_command.kind == 0 ? own(Py_None)
                                          : new_command(state, raw_command, self, false));
  PyObject* const made =
      command ? record_out(state, raw, flow, command.get(), json.get(), environments.get())
              : nullptr;
  promoflow_flow_free(flow);
  return made;
}

PyObject* outstanding(PyObject* self, PyObject*) {
  State* const state = as<Release>(self)->state;
  promoflow_release* const release = changing(self);  // It takes back what it lent before.
  if (release == nullptr) { return nullptr; }
  const Pin<promoflow_release> pinned(as<Release>(self), &promoflow_release_free);
  Many<promoflow_command, 8> found;
  promoflow_error* error = nullptr;
  if (!found.read(state, [&](auto* out, size_t capacity, size_t* count) {
        promoflow_error_free(error);
        return promoflow_release_outstanding(release, out, sizeof(*out), capacity, count, &error);
      })) {
    promoflow_error_free(error);
    return nullptr;
  }
  return list_of(found, [&](const promoflow_command& command) {
    return new_command(state, command, self, false);
  });
}

/// _why_pending(name): (block or None, [unmet], [causes]), environments by name; KeyError.
PyObject* why_pending(PyObject* self, PyObject* name) {
  State* const state = as<Release>(self)->state;
  promoflow_release* const release = open(as<Release>(self));
  if (release == nullptr) { return nullptr; }
  const Pin<promoflow_release> pinned(as<Release>(self), &promoflow_release_free);
  const FlowOf flow(state, release);
  uint32_t environment = 0;
  if (flow.get() == nullptr || !environment_in(state, flow.get(), name, &environment)) {
    return nullptr;
  }
  promoflow_pending found{};
  found.struct_size = sizeof(found);
  promoflow_error* error = nullptr;
  const promoflow_status status =
      promoflow_release_why_pending(release, environment, &found, &error);
  if (!fine(state, status, error)) { return nullptr; }
  // Copied first: to make a list may collect garbage, and a finalizer may ask the release, too.
  const std::vector<uint32_t> unmet(found.unmet, found.unmet + found.unmet_count);
  const std::vector<uint32_t> causes(found.causes, found.causes + found.cause_count);
  const auto name_of = [&](uint32_t id) -> PyObject* {
    promoflow_str text{};
    return fine(state, promoflow_flow_environment_name(flow.get(), id, &text))
               ? name_out(state, text)
               : nullptr;
  };
  const Ref block(found.block == PROMOFLOW_BLOCK_NONE
                      ? own(Py_None)
                      : name_out(state, promoflow_block_name(found.block)));
  const Ref unmet_names(list_of(unmet, name_of));
  const Ref cause_names(list_of(causes, name_of));
  if (!block || !unmet_names || !cause_names) { return nullptr; }
  return PyTuple_Pack(3, block.get(), unmet_names.get(), cause_names.get());
}

PyObject* get_next_timer(PyObject* self, void*) {
  const promoflow_release* const release = open(as<Release>(self));
  int64_t at_ms = 0;
  if (release == nullptr) { return nullptr; }
  const promoflow_status status = promoflow_release_next_timer(release, &at_ms);
  if (status == PROMOFLOW_DONE) { Py_RETURN_NONE; }
  return fine(as<Release>(self)->state, status) ? PyLong_FromLongLong(at_ms) : nullptr;
}

// --- the end -------------------------------------------------------------------------------------

PyObject* close(PyObject* self, PyObject*) {
  orphan_all(as<Release>(self));
  close_box(as<Release>(self), &promoflow_release_free);
  Py_RETURN_NONE;
}

PyObject* get_closed(PyObject* self, void*) {
  return PyBool_FromLong(as<Release>(self)->handle == nullptr);
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  close_box(as<Release>(self), &promoflow_release_free);
  Py_XDECREF(as<Release>(self)->flow);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* release_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "'%.100s' is started by its flow, not made", type->tp_name);
}

PyObject* get_flow(PyObject* self, void*) {
  return open(as<Release>(self)) == nullptr ? nullptr : own(as<Release>(self)->flow);
}

}  // namespace

extern PyType_Spec release_view_spec;

bool add_release_types(PyObject* module, State* state) {
  static PyMethodDef methods[] = {
      {"_start", start, METH_VARARGS | METH_CLASS,
       "(flow, id, url, product, version, commit_sha, context, at, kind, names)"},
      {"_start_json", start_json, METH_VARARGS | METH_CLASS,
       "(flow, id, url, product, version, commit_sha, context, at, kind, names)"},
      {"_restore", restore, METH_VARARGS | METH_CLASS, "(flow, snapshot)"},
      {"_recover", recover, METH_VARARGS | METH_CLASS, "(flow, journal)"},
      {"apply", apply, METH_O,
       "apply(event)\n--\n\nApply an event whole, or raise RefusedError with nothing changed."},
      {"apply_json", apply_json, METH_O,
       "apply_json(line)\n--\n\nApply the event of a journal's line."},
      {"reissue", reissue, METH_NOARGS, "Issue every outstanding command again."},
      {"commands", commands, METH_NOARGS,
       "An iterator over the commands that were not taken, in the order of issue."},
      {"_next_record", next_record, METH_O, "(origin)"},
      {"_why_pending", why_pending, METH_O, "(environment)"},
      {"outstanding", outstanding, METH_NOARGS,
       "The commands that are neither answered nor cancelled, in ticket order."},
      {"close", close, METH_NOARGS, "Free the handle."},
      {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"next_timer", get_next_timer, nullptr,
       "When to apply the next event at the latest, in UTC milliseconds; None: at any time.",
       nullptr},
      {"flow", get_flow, nullptr, "The flow.", nullptr},
      {"closed", get_closed, nullptr, "Whether close() was called.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&release_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&dealloc)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow._core.Release", sizeof(Release), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  PyType_Slot iterator_slots[] = {{Py_tp_new, reinterpret_cast<void*>(&release_new)},
                                  {Py_tp_dealloc, reinterpret_cast<void*>(&commands_dealloc)},
                                  {Py_tp_iter, reinterpret_cast<void*>(&PyObject_SelfIter)},
                                  {Py_tp_iternext, reinterpret_cast<void*>(&next_command)},
                                  {0, nullptr}};
  PyType_Spec iterator{"promoflow._core.Commands", sizeof(Commands), 0, Py_TPFLAGS_DEFAULT,
                       iterator_slots};
  PyTypeObject* views = nullptr;
  if (!add_type(module, &release_view_spec, nullptr, &views)) { return false; }
  const bool added = add_type(module, &spec, views, &state->release);
  Py_DECREF(views);
  return added && add_type(module, &iterator, nullptr, &state->commands);
}

}  // namespace promoflow_python
