// SPDX-License-Identifier: Apache-2.0
// Flows: reading manifests, asking, writing, drawing.
#include "core.hpp"

namespace promoflow_python {
namespace {

const promoflow_flow* handle_of(PyObject* self) { return open(as<Flow>(self)); }

// --- reading -------------------------------------------------------------------------------------

struct Manifest {
  promoflow_manifest* handle = nullptr;
  Manifest() = default;
  Manifest(const Manifest&) = delete;
  Manifest& operator=(const Manifest&) = delete;
  ~Manifest() { promoflow_manifest_free(handle); }
};

bool options_in(PyObject* limits, promoflow_read_options* out) {
  unsigned long long text = 0;
  unsigned long long nodes = 0;
  unsigned long long name = 0;
  unsigned long long diagnostics = 0;
  unsigned int depth = 0;
  if (PyArg_ParseTuple(limits, "KKKKI", &text, &nodes, &name, &diagnostics, &depth) == 0) {
    return false;
  }
  *out = {sizeof(*out), PROMOFLOW_TEXT_AUTO, text, nodes, name, diagnostics, depth, 0, 0, 0};
  return true;
}

PyObject* flows_of(State* state, PyTypeObject* type, const promoflow_manifest* manifest) {
  Ref flows(PyList_New(0));
  for (size_t i = 0; flows; ++i) {
    promoflow_flow* handle = nullptr;
    promoflow_error* error = nullptr;
    const promoflow_status status = promoflow_manifest_flow(manifest, i, &handle, &error);
    if (status == PROMOFLOW_DONE) { break; }
    if (!fine(state, status, error)) { return nullptr; }
    const Ref flow(new_box(state, type, handle, &promoflow_flow_free, nullptr));
    if (!flow || PyList_Append(flows.get(), flow.get()) != 0) { return nullptr; }
  }
  return flows.release();
}

/// What promoflow_flow_load() says of a text that has no flow, or several.
PyObject* why_not_one(promoflow_str text, const promoflow_read_options& options) {
  promoflow_flow* flow = nullptr;
  promoflow_error* error = nullptr;
  promoflow_flow_load(text, &options, &flow, &error);
  promoflow_flow_free(flow);
  PyObject* const message = text_out(promoflow_error_message(error));
  promoflow_error_free(error);
  return message;
}

/// read_manifest(type, text, file, limits): (flows, diagnostics, the same as text, why not one)
PyObject* read_manifest(PyObject* module, PyObject* arguments) {
  State* const state = static_cast<State*>(PyModule_GetState(module));
  PyObject* type = nullptr;
  PyObject* text_object = nullptr;
  PyObject* file_object = nullptr;
  PyObject* limits = nullptr;
  promoflow_read_options options{};
  Text text;
  Text file;
  if (PyArg_ParseTuple(arguments, "O!OOO!", &PyType_Type, &type, &text_object, &file_object,
                       &PyTuple_Type, &limits) == 0 ||
      !text.set(text_object, "text") || !file.set(file_object, "file") ||
      !options_in(limits, &options)) {
    return nullptr;
  }
  Manifest manifest;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked(
      [&] { return promoflow_manifest_read(text.get(), &options, &manifest.handle, &error); });
  if (status != PROMOFLOW_OK) { return fail(state, status, error); }

  Many<promoflow_diagnostic, 4> found;
  if (!found.read(state, [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_manifest_diagnostics(manifest.handle, out, sizeof(*out), capacity, count);
      })) {
    return nullptr;
  }
  promoflow_buffer* buffer = nullptr;
  const promoflow_status formatted = promoflow_manifest_format(
      manifest.handle, file.get(), text.get(), PROMOFLOW_DIAGNOSTICS_TEXT, &buffer, &error);
  const Ref shown(buffer_or_fail(state, formatted, buffer, error));
  const Ref flows(shown ? flows_of(state, reinterpret_cast<PyTypeObject*>(type), manifest.handle)
                        : nullptr);
  const Ref diagnostics(flows ? list_of(found, diagnostic_out) : nullptr);
  if (!diagnostics) { return nullptr; }
  const Ref why(PyList_GET_SIZE(flows.get()) == 1 ? PyUnicode_FromString("")
                                                  : why_not_one(text.get(), options));
  return why ? PyTuple_Pack(4, flows.get(), diagnostics.get(), shown.get(), why.get()) : nullptr;
}

// --- asking --------------------------------------------------------------------------------------

PyObject* get_name(PyObject* self, void*) {
  const promoflow_flow* const flow = handle_of(self);
  promoflow_str name{};
  if (flow == nullptr || !fine(as<Flow>(self)->state, promoflow_flow_name(flow, &name))) {
    return nullptr;
  }
  return text_out(name);
}

PyObject* get_environments(PyObject* self, void*) {
  State* const state = as<Flow>(self)->state;
  uint32_t count = 0;
  const promoflow_flow* flow = handle_of(self);
  if (flow == nullptr || !fine(state, promoflow_flow_environment_count(flow, &count))) {
    return nullptr;
  }
  Ref names(PyTuple_New(count));
  flow = names ? handle_of(self) : nullptr;  // Making a tuple may run code that closes it.
  if (flow == nullptr) { return nullptr; }
  for (uint32_t i = 0; i < count; ++i) {
    promoflow_str name{};
    PyObject* const text =
        fine(state, promoflow_flow_environment_name(flow, i, &name)) ? text_out(name) : nullptr;
    if (text == nullptr) { return nullptr; }
    PyTuple_SET_ITEM(names.get(), i, text);
  }
  return names.release();
}

using Neighbours = promoflow_status (*)(const promoflow_flow*, uint32_t, uint32_t*, size_t,
                                        size_t*);

PyObject* neighbours(PyObject* self, PyObject* name, Neighbours ask) {
  State* const state = as<Flow>(self)->state;
  const promoflow_flow* const flow = handle_of(self);
  uint32_t environment = 0;
  Many<uint32_t, 16> found;
  if (flow == nullptr || !environment_in(state, flow, name, &environment) ||
      !found.read(state, [&](uint32_t* out, size_t capacity, size_t* count) {
        return ask(flow, environment, out, capacity, count);
      })) {
    return nullptr;
  }
  const Ref list(list_of(found, [&](uint32_t index) -> PyObject* {
    promoflow_str text{};
    const promoflow_flow* const still = handle_of(self);
    if (still == nullptr || !fine(state, promoflow_flow_environment_name(still, index, &text))) {
      return nullptr;
    }
    return name_out(state, text);
  }));
  return list ? PyList_AsTuple(list.get()) : nullptr;
}

PyObject* dependencies(PyObject* self, PyObject* name) {
  return neighbours(self, name, &promoflow_flow_dependencies);
}

PyObject* dependents(PyObject* self, PyObject* name) {
  return neighbours(self, name, &promoflow_flow_dependents);
}

PyObject* depends_on(PyObject* self, PyObject* arguments) {
  State* const state = as<Flow>(self)->state;
  const promoflow_flow* const flow = handle_of(self);
  PyObject* name = nullptr;
  PyObject* on_name = nullptr;
  uint32_t environment = 0;
  uint32_t on = 0;
  int32_t yes = 0;
  promoflow_error* error = nullptr;
  if (flow == nullptr || PyArg_ParseTuple(arguments, "OO:depends_on", &name, &on_name) == 0 ||
      !environment_in(state, flow, name, &environment) ||
      !environment_in(state, flow, on_name, &on)) {
    return nullptr;
  }
  const int32_t status = promoflow_flow_depends_on(flow, environment, on, &yes, &error);
  return fine(state, status, error) ? PyBool_FromLong(yes) : nullptr;
}

PyObject* level(PyObject* self, PyObject* name) {
  State* const state = as<Flow>(self)->state;
  const promoflow_flow* const flow = handle_of(self);
  uint32_t environment = 0;
  uint32_t out = 0;
  if (flow == nullptr || !environment_in(state, flow, name, &environment) ||
      !fine(state, promoflow_flow_level(flow, environment, &out))) {
    return nullptr;
  }
  return PyLong_FromUnsignedLong(out);
}

PyObject* get_fingerprint(PyObject* self, void*) {
  const promoflow_flow* const flow = handle_of(self);
  uint64_t out = 0;
  if (flow == nullptr || !fine(as<Flow>(self)->state, promoflow_flow_fingerprint(flow, &out))) {
    return nullptr;
  }
  return PyLong_FromUnsignedLongLong(out);
}

PyObject* get_closed(PyObject* self, void*) {
  return PyBool_FromLong(as<Flow>(self)->handle == nullptr);
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
  State* const state = as<Flow>(self)->state;
  if ((operation != Py_EQ && operation != Py_NE) || PyObject_TypeCheck(other, state->flow) == 0) {
    Py_RETURN_NOTIMPLEMENTED;
  }
  const promoflow_flow* const left = handle_of(self);
  const promoflow_flow* const right = left == nullptr ? nullptr : handle_of(other);
  int32_t equal = 0;
  if (right == nullptr || !fine(state, promoflow_flow_equal(left, right, &equal))) {
    return nullptr;
  }
  return PyBool_FromLong((equal != 0) == (operation == Py_EQ));
}

Py_hash_t hash(PyObject* self) {
  const promoflow_flow* const flow = handle_of(self);
  uint64_t out = 0;
  if (flow == nullptr || !fine(as<Flow>(self)->state, promoflow_flow_fingerprint(flow, &out))) {
    return -1;
  }
  const Py_hash_t made = static_cast<Py_hash_t>(out);
  return made == -1 ? -2 : made;
}

// --- writing, drawing, closing -------------------------------------------------------------------

PyObject* write(PyObject* self, PyObject* arguments) {
  int format = 0;
  if (handle_of(self) == nullptr || PyArg_ParseTuple(arguments, "i", &format) == 0) {
    return nullptr;
  }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const Pin<promoflow_flow> flow(as<Flow>(self), &promoflow_flow_free);
  const promoflow_status status =
      unlocked([&] { return promoflow_flow_write(flow.get(), format, &buffer, &error); });
  return buffer_or_fail(as<Flow>(self)->state, status, buffer, error);
}

PyObject* draw(PyObject* self, PyObject* arguments) {
  promoflow_render_options options{};
  if (handle_of(self) == nullptr || !render_in(arguments, &options)) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const Pin<promoflow_flow> flow(as<Flow>(self), &promoflow_flow_free);
  const promoflow_status status =
      unlocked([&] { return promoflow_flow_render(flow.get(), &options, &buffer, &error); });
  return buffer_or_fail(as<Flow>(self)->state, status, buffer, error);
}

PyObject* close(PyObject* self, PyObject*) {
  close_box(as<Flow>(self), &promoflow_flow_free);
  Py_RETURN_NONE;
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  close_box(as<Flow>(self), &promoflow_flow_free);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* flow_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "'%.100s' is loaded, not made", type->tp_name);
}

}  // namespace

PyObject* names_out(State* state, const promoflow_flow* flow) {
  promoflow_str name{};
  uint32_t count = 0;
  if (!fine(state, promoflow_flow_name(flow, &name)) ||
      !fine(state, promoflow_flow_environment_count(flow, &count))) {
    return nullptr;
  }
  const Ref of_flow(text_out(name));
  const Ref environments(PyList_New(count));
  for (uint32_t i = 0; environments && i < count; ++i) {
    PyObject* const text =
        fine(state, promoflow_flow_environment_name(flow, i, &name)) ? text_out(name) : nullptr;
    if (text == nullptr) { return nullptr; }
    PyList_SET_ITEM(environments.get(), i, text);
  }
  return of_flow && environments ? PyTuple_Pack(2, of_flow.get(), environments.get()) : nullptr;
}

bool environment_in(State* state, const promoflow_flow* flow, PyObject* name, uint32_t* out) {
  Text text;
  if (!text.set(name, "environment")) { return false; }
  const promoflow_status status = promoflow_flow_find_environment(flow, text.get(), out);
  if (status != PROMOFLOW_DONE) { return fine(state, status); }
  PyErr_SetObject(PyExc_KeyError, name);
  return false;
}

Flow* flow_in(State* state, PyObject* object) {
  if (PyObject_TypeCheck(object, state->flow) == 0) {
    PyErr_Format(PyExc_TypeError, "expected a Flow, not %.100s", Py_TYPE(object)->tp_name);
    return nullptr;
  }
  return handle_of(object) == nullptr ? nullptr : as<Flow>(object);
}

bool render_in(PyObject* arguments, promoflow_render_options* out) {
  int format = 0;
  int color = 0;
  int ascii = 0;
  unsigned int width = 0;
  if (PyArg_ParseTuple(arguments, "ippI", &format, &color, &ascii, &width) == 0) { return false; }
  *out = {sizeof(*out), format, color, ascii, width, 0};
  return true;
}

PyObject* flow_hooks(PyObject* self, PyObject* arguments);
PyObject* flow_step(PyObject* self, PyObject* name);
PyObject* flow_options(PyObject* self, PyObject*);

bool add_flow_types(PyObject* module, State* state) {
  static PyMethodDef methods[] = {
      {"dependencies", dependencies, METH_O, "What an environment directly depends on."},
      {"dependents", dependents, METH_O, "What directly depends on an environment."},
      {"depends_on", depends_on, METH_VARARGS, "Whether one depends on another, at any distance."},
      {"level", level, METH_O, "Length of the longest path from the trigger environment."},
      {"_hooks", flow_hooks, METH_VARARGS, "(point, environment)"},
      {"_step", flow_step, METH_O, "(environment)"},
      {"_options", flow_options, METH_NOARGS, "()"},
      {"_write", write, METH_VARARGS, "(format)"},
      {"_render", draw, METH_VARARGS, "(format, color, ascii, width)"},
      {"close", close, METH_NOARGS, "Free the handle; releases of the flow can still be used."},
      {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"name", get_name, nullptr, "The flow's name.", nullptr},
      {"environments", get_environments, nullptr,
       "The names of all environments in step order, the trigger environment first.", nullptr},
      {"fingerprint", get_fingerprint, nullptr, "Hash of all that the flow says.", nullptr},
      {"closed", get_closed, nullptr, "Whether close() was called.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&flow_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&dealloc)},
                         {Py_tp_richcompare, reinterpret_cast<void*>(&compare)},
                         {Py_tp_hash, reinterpret_cast<void*>(&hash)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow._core.Flow", sizeof(Flow), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  static PyMethodDef functions[] = {
      {"read_manifest", read_manifest, METH_VARARGS, "(type, text, file, limits)"},
      {nullptr, nullptr, 0, nullptr}};
  return PyModule_AddFunctions(module, functions) == 0 &&
         add_type(module, &spec, nullptr, &state->flow);
}

}  // namespace promoflow_python
