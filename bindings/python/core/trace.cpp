// SPDX-License-Identifier: Apache-2.0
// Traces of simulated releases.
#include "core.hpp"

namespace promoflow_python {
namespace {

const promoflow_trace* handle_of(PyObject* self) { return open(as<Trace>(self)); }

Py_ssize_t length(PyObject* self) {
  const promoflow_trace* const trace = handle_of(self);
  size_t size = 0;
  if (trace == nullptr || !fine(as<Trace>(self)->state, promoflow_trace_size(trace, &size))) {
    return -1;
  }
  return static_cast<Py_ssize_t>(size);
}

/// _record(index): a tuple; IndexError.
PyObject* record(PyObject* self, PyObject* index) {
  State* const state = as<Trace>(self)->state;
  const promoflow_trace* const trace = handle_of(self);
  const size_t at = PyLong_AsSize_t(index);
  if (trace == nullptr || PyErr_Occurred() != nullptr) { return nullptr; }
  promoflow_record raw{};
  promoflow_command raw_command{};
  raw.struct_size = sizeof(raw);
  raw_command.struct_size = sizeof(raw_command);
  const promoflow_status status = promoflow_trace_record(trace, at, &raw, &raw_command);
  if (status == PROMOFLOW_DONE) {
    PyErr_SetString(PyExc_IndexError, "a trace has no such record");
    return nullptr;
  }
  if (!fine(state, status)) { return nullptr; }
  const Pin<promoflow_trace> pinned(as<Trace>(self), &promoflow_trace_free);
  const FlowOf flow(state, trace);
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status written = promoflow_trace_record_json(trace, at, &buffer, &error);
  const Ref json(buffer_or_fail(state, written, buffer, error));
  const Ref command(raw_command.kind == 0 ? own(Py_None)
                                          : new_command(state, raw_command, self, true));
  Ref environments(own(Py_None));
  if (raw.environment_count != 0) {
    Many<promoflow_str, 8> found;
    environments = Ref(found.read(state,
                                  [&](auto* out, size_t capacity, size_t* count) {
                                    return promoflow_trace_record_environments(trace, at, out,
                                                                               capacity, count);
                                  })
                           ? strings_out(state, found.begin(), found.size())
                           : nullptr);
  }
  if (flow.get() == nullptr || !json || !command || !environments) { return nullptr; }
  return record_out(state, raw, flow.get(), command.get(), json.get(), environments.get());
}

PyObject* get_origin(PyObject* self, void*) {
  const promoflow_trace* const trace = handle_of(self);
  int64_t origin = 0;
  if (trace == nullptr || !fine(as<Trace>(self)->state, promoflow_trace_origin(trace, &origin))) {
    return nullptr;
  }
  return PyLong_FromLongLong(origin);
}

PyObject* get_state(PyObject* self, PyObject*) {
  State* const state = as<Trace>(self)->state;
  const promoflow_trace* const trace = handle_of(self);
  promoflow_state found{};
  found.struct_size = sizeof(found);
  if (trace == nullptr || !fine(state, promoflow_trace_state(trace, &found))) { return nullptr; }
  return state_out(state, found, true);
}

PyObject* names(PyObject* self, PyObject*) {
  const promoflow_trace* const trace = handle_of(self);
  if (trace == nullptr) { return nullptr; }
  const FlowOf flow(as<Trace>(self)->state, trace);
  return flow.get() == nullptr ? nullptr : names_out(as<Trace>(self)->state, flow.get());
}

/// _environment(name): (status, phase, message); KeyError.
PyObject* environment(PyObject* self, PyObject* name) {
  State* const state = as<Trace>(self)->state;
  const promoflow_trace* const trace = handle_of(self);
  if (trace == nullptr) { return nullptr; }
  const FlowOf flow(state, trace);
  uint32_t index = 0;
  promoflow_state found{};
  found.struct_size = sizeof(found);
  if (flow.get() == nullptr || !environment_in(state, flow.get(), name, &index) ||
      !fine(state, promoflow_trace_environment(trace, index, &found))) {
    return nullptr;
  }
  return state_out(state, found, false);
}

PyObject* hooks(PyObject* self, PyObject* arguments) {
  State* const state = as<Trace>(self)->state;
  const promoflow_trace* const trace = handle_of(self);
  PyObject* point_name = nullptr;
  PyObject* environment_name = nullptr;
  int32_t point = 0;
  uint32_t index = PROMOFLOW_NO_ENVIRONMENT;
  if (trace == nullptr || PyArg_ParseTuple(arguments, "OO", &point_name, &environment_name) == 0 ||
      !point_in(point_name, &point)) {
    return nullptr;
  }
  const Pin<promoflow_trace> pinned(as<Trace>(self), &promoflow_trace_free);
  const FlowOf flow(state, trace);
  if (flow.get() == nullptr || (environment_name != Py_None &&
                                !environment_in(state, flow.get(), environment_name, &index))) {
    return nullptr;
  }
  Many<promoflow_command, 8> found;
  if (!found.read(state, [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_trace_hooks(trace, point, index, out, sizeof(*out), capacity, count);
      })) {
    return nullptr;
  }
  return list_of(found, [&](const promoflow_command& command) {
    return new_command(state, command, self, true);
  });
}

PyObject* get_context(PyObject* self, void*) {
  if (handle_of(self) == nullptr) { return nullptr; }
  const Pin<promoflow_trace> trace(as<Trace>(self), &promoflow_trace_free);
  return context_out(
      as<Trace>(self)->state,
      [](const void* of, const promoflow_command*, promoflow_context_entry* out, size_t capacity,
         size_t* count) {
        return promoflow_trace_context(static_cast<const promoflow_trace*>(of), out, sizeof(*out),
                                       capacity, count);
      },
      trace.get(), nullptr);
}

/// {key: (writer, shadowed)}
PyObject* writers(PyObject* self, PyObject*) {
  State* const state = as<Trace>(self)->state;
  if (handle_of(self) == nullptr) { return nullptr; }
  const Pin<promoflow_trace> trace(as<Trace>(self), &promoflow_trace_free);
  Many<promoflow_context_entry, 24> found;
  if (!found.read(state, [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_trace_context(trace.get(), out, sizeof(*out), capacity, count);
      })) {
    return nullptr;
  }
  return writers_out(state, found.begin(), found.size());
}

/// [(key, earlier, later)]
PyObject* conflicts(PyObject* self, PyObject*) {
  if (handle_of(self) == nullptr) { return nullptr; }
  const Pin<promoflow_trace> trace(as<Trace>(self), &promoflow_trace_free);
  Many<promoflow_context_conflict, 4> found;
  if (!found.read(as<Trace>(self)->state, [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_trace_conflicts(trace.get(), out, sizeof(*out), capacity, count, nullptr);
      })) {
    return nullptr;
  }
  return conflicts_out(found.begin(), found.size());
}

/// [(key, ticket)]
PyObject* shadowed(PyObject* self, PyObject*) {
  if (handle_of(self) == nullptr) { return nullptr; }
  const Pin<promoflow_trace> trace(as<Trace>(self), &promoflow_trace_free);
  Many<promoflow_shadowed_key, 4> found;
  if (!found.read(as<Trace>(self)->state, [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_trace_shadowed(trace.get(), out, sizeof(*out), capacity, count, nullptr);
      })) {
    return nullptr;
  }
  return list_of(found, [](const promoflow_shadowed_key& one) -> PyObject* {
    const Ref key(text_out(one.key));
    return key ? Py_BuildValue("(OK)", key.get(), static_cast<unsigned long long>(one.ticket))
               : nullptr;
  });
}

PyObject* jsonl(PyObject* self, PyObject*) {
  if (handle_of(self) == nullptr) { return nullptr; }
  const Pin<promoflow_trace> trace(as<Trace>(self), &promoflow_trace_free);
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status =
      unlocked([&] { return promoflow_trace_jsonl(trace.get(), &buffer, &error); });
  return buffer_or_fail(as<Trace>(self)->state, status, buffer, error);
}

PyObject* timeline(PyObject* self, PyObject* arguments) {
  promoflow_render_options options{};
  if (handle_of(self) == nullptr || !render_in(arguments, &options)) { return nullptr; }
  const Pin<promoflow_trace> trace(as<Trace>(self), &promoflow_trace_free);
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status =
      unlocked([&] { return promoflow_trace_render(trace.get(), &options, &buffer, &error); });
  return buffer_or_fail(as<Trace>(self)->state, status, buffer, error);
}

PyObject* get_flow(PyObject* self, void*) {
  return handle_of(self) == nullptr ? nullptr : own(as<Trace>(self)->flow);
}

PyObject* get_closed(PyObject* self, void*) {
  return PyBool_FromLong(as<Trace>(self)->handle == nullptr);
}

PyObject* close(PyObject* self, PyObject*) {
  close_box(as<Trace>(self), &promoflow_trace_free);
  Py_RETURN_NONE;
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  close_box(as<Trace>(self), &promoflow_trace_free);
  Py_XDECREF(as<Trace>(self)->flow);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* trace_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "'%.100s' is simulated, not made", type->tp_name);
}

}  // namespace

bool add_trace_types(PyObject* module, State* state) {
  static PyMethodDef methods[] = {
      {"_record", record, METH_O, "(index)"},
      {"_names", names, METH_NOARGS, "()"},
      {"_state", get_state, METH_NOARGS, "()"},
      {"_environment", environment, METH_O, "(name)"},
      {"_hooks", hooks, METH_VARARGS, "(point, environment)"},
      {"_writers", writers, METH_NOARGS, "()"},
      {"_conflicts", conflicts, METH_NOARGS, "()"},
      {"_shadowed", shadowed, METH_NOARGS, "()"},
      {"_render", timeline, METH_VARARGS, "(format, color, ascii, width)"},
      {"jsonl", jsonl, METH_NOARGS, "The whole trace as JSON Lines."},
      {"close", close, METH_NOARGS, "Free the handle."},
      {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"origin", get_origin, nullptr, "The moment of the start, in UTC milliseconds.", nullptr},
      {"context", get_context, nullptr, "The promotion context at the end.", nullptr},
      {"flow", get_flow, nullptr, "The flow.", nullptr},
      {"closed", get_closed, nullptr, "Whether close() was called.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&trace_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&dealloc)},
                         {Py_mp_length, reinterpret_cast<void*>(&length)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow._core.Trace", sizeof(Trace), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return add_type(module, &spec, nullptr, &state->trace);
}

}  // namespace promoflow_python
