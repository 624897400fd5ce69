// SPDX-License-Identifier: Apache-2.0
// The release queue of a product. Its calls keep the interpreter's lock: they are short.
#include "core.hpp"

namespace promoflow_python {
namespace {

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  close_box(as<Queue>(self), &promoflow_queue_free);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* close(PyObject* self, PyObject*) {
  close_box(as<Queue>(self), &promoflow_queue_free);
  Py_RETURN_NONE;
}

PyObject* get_closed(PyObject* self, void*) {
  return PyBool_FromLong(as<Queue>(self)->handle == nullptr);
}

PyObject* queue_new(PyTypeObject* type, PyObject* arguments, PyObject* names) {
  static const char* const kNames[] = {"mode", "waiting_max", nullptr};
  State* const state = state_of(type);
  int mode = 0;
  unsigned int waiting_max = 0;
  if (PyArg_ParseTupleAndKeywords(arguments, names, "iI", const_cast<char**>(kNames), &mode,
                                  &waiting_max) == 0) {
    return nullptr;
  }
  promoflow_queue* handle = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_queue_new(mode, waiting_max, &handle, &error);
  if (!fine(state, status, error)) { return nullptr; }
  return new_box(state, type, handle, &promoflow_queue_free, nullptr);
}

/// (kind, release, flow, environment, reason)
PyObject* command_out(const promoflow_queue_command& command) {
  const Ref release(text_out(command.release));
  const Ref flow(text_out(command.flow));
  const Ref environment(text_out(command.environment));
  const Ref reason(text_out(command.reason));
  if (!release || !flow || !environment || !reason) { return nullptr; }
  return Py_BuildValue("iOOOO", command.kind, release.get(), flow.get(), environment.get(),
                       reason.get());
}

/// apply(kind, release, detail): [command]
PyObject* apply(PyObject* self, PyObject* arguments) {
  State* const state = as<Queue>(self)->state;
  int kind = 0;
  PyObject* release_object = nullptr;
  PyObject* detail_object = nullptr;
  Text release;
  Text detail;
  if (PyArg_ParseTuple(arguments, "iOO", &kind, &release_object, &detail_object) == 0 ||
      !release.set(release_object, "release") || !detail.set(detail_object, "detail")) {
    return nullptr;
  }
  promoflow_queue* const handle = open(as<Queue>(self));
  if (handle == nullptr) { return nullptr; }
  promoflow_error* error = nullptr;
  const promoflow_status status =
      promoflow_queue_apply(handle, kind, release.get(), detail.get(), &error);
  if (!fine(state, status, error)) { return nullptr; }
  Many<promoflow_queue_command, 4> commands;
  if (!commands.read(state, [&](promoflow_queue_command* out, size_t capacity, size_t* count) {
        return promoflow_queue_commands(handle, out, sizeof(*out), capacity, count, nullptr);
      })) {
    return nullptr;
  }
  return list_of(commands, &command_out);
}

/// status(release): 1, queued; 2, active; 0: it is not known
PyObject* status(PyObject* self, PyObject* object) {
  State* const state = as<Queue>(self)->state;
  Text release;
  int32_t found = 0;
  promoflow_queue* const handle = open(as<Queue>(self));
  if (handle == nullptr || !release.set(object, "release")) { return nullptr; }
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_queue_status(handle, release.get(), &found, &error);
  if (!fine(state, status, error)) { return nullptr; }
  return PyLong_FromLong(found);
}

PyObject* holder(PyObject* self, PyObject* object) {
  Text environment;
  promoflow_str found{"", 0};
  promoflow_queue* const handle = open(as<Queue>(self));
  if (handle == nullptr || !environment.set(object, "environment")) { return nullptr; }
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_queue_holder(handle, environment.get(), &found, &error);
  if (!fine(as<Queue>(self)->state, status, error)) { return nullptr; }
  return text_out(found);
}

PyObject* releases(PyObject* self, PyObject*) {
  State* const state = as<Queue>(self)->state;
  promoflow_queue* const handle = open(as<Queue>(self));
  Many<promoflow_str, 16> names;
  if (handle == nullptr ||
      !names.read(state, [&](promoflow_str* out, size_t capacity, size_t* count) {
        return promoflow_queue_releases(handle, out, capacity, count, nullptr);
      })) {
    return nullptr;
  }
  return strings_out(state, names.begin(), names.size());
}

PyObject* snapshot(PyObject* self, PyObject*) {
  promoflow_queue* const handle = open(as<Queue>(self));
  if (handle == nullptr) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_queue_snapshot(handle, &buffer, &error);
  return buffer_or_fail(as<Queue>(self)->state, status, buffer, error);
}

/// restore_queue(type, snapshot): a queue
PyObject* restore_queue(PyObject* module, PyObject* arguments) {
  State* const state = static_cast<State*>(PyModule_GetState(module));
  PyObject* type = nullptr;
  PyObject* text_object = nullptr;
  Text text;
  if (PyArg_ParseTuple(arguments, "O!O", &PyType_Type, &type, &text_object) == 0 ||
      !text.set(text_object, "snapshot")) {
    return nullptr;
  }
  promoflow_queue* handle = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_queue_restore(text.get(), &handle, &error);
  if (!fine(state, status, error)) { return nullptr; }
  return new_box(state, reinterpret_cast<PyTypeObject*>(type), handle, &promoflow_queue_free,
                 nullptr);
}

}  // namespace

bool add_queue_types(PyObject* module, State* state) {
  static PyMethodDef methods[] = {{"_apply", apply, METH_VARARGS, "(kind, release, detail)"},
                                  {"_status", status, METH_O, "(release)"},
                                  {"_holder", holder, METH_O, "(environment)"},
                                  {"_releases", releases, METH_NOARGS, "()"},
                                  {"snapshot", snapshot, METH_NOARGS, "The queue as JSON."},
                                  {"close", close, METH_NOARGS, "Free the handle."},
                                  {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"closed", get_closed, nullptr, "Whether close() was called.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static PyMethodDef functions[] = {
      {"restore_queue", restore_queue, METH_VARARGS, "(type, snapshot)"},
      {nullptr, nullptr, 0, nullptr}};
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&queue_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&dealloc)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow._core.ReleaseQueue", sizeof(Queue), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return PyModule_AddFunctions(module, functions) == 0 &&
         add_type(module, &spec, nullptr, &state->queue);
}

}  // namespace promoflow_python
