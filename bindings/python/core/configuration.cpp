// SPDX-License-Identifier: Apache-2.0
// Configurations: the manifests of a team, read and checked together.
#include "core.hpp"

namespace promoflow_python {
namespace {

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  close_box(as<Configuration>(self), &promoflow_configuration_free);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* close(PyObject* self, PyObject*) {
  close_box(as<Configuration>(self), &promoflow_configuration_free);
  Py_RETURN_NONE;
}

PyObject* get_closed(PyObject* self, void*) {
  return PyBool_FromLong(as<Configuration>(self)->handle == nullptr);
}

PyObject* configuration_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "'%.100s' is read, not made", type->tp_name);
}

/// The files of a configuration, as long as this lives.
class Files {
 public:
  /// Of a sequence of pairs (name, text). False: it is none, with an exception raised.
  bool set(PyObject* object) {
    kept_ = Ref(PySequence_Tuple(object));
    if (!kept_) { return false; }
    const auto count = static_cast<std::size_t>(PyTuple_GET_SIZE(kept_.get()));
    texts_ = std::vector<Text>(2 * count);
    files_.reserve(count + 1);
    for (std::size_t i = 0; i < count; ++i) {
      PyObject* name = nullptr;
      PyObject* text = nullptr;
      PyObject* const pair = PyTuple_GET_ITEM(kept_.get(), static_cast<Py_ssize_t>(i));
      if (PyArg_Parse(pair, "(OO)", &name, &text) == 0 || !texts_[2 * i].set(name, "name") ||
          !texts_[2 * i + 1].set(text, "text")) {
        return false;
      }
      files_.push_back({texts_[2 * i].get(), texts_[2 * i + 1].get()});
    }
    return true;
  }
  const promoflow_file* data() const { return files_.data(); }
  std::size_t size() const { return texts_.size() / 2; }

 private:
  Ref kept_;
  std::vector<Text> texts_;
  std::vector<promoflow_file> files_;
};

PyObject* formatted(State* state, const promoflow_configuration* configuration, const Files& files,
                    int32_t format) {
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] {
    return promoflow_configuration_format(configuration, files.data(), files.size(), format,
                                          &buffer, &error);
  });
  return buffer_or_fail(state, status, buffer, error);
}

/// read_configuration(type, ((name, text), ...)): (configuration, problems as lines of JSON, and
/// the same as text)
PyObject* read_configuration(PyObject* module, PyObject* arguments) {
  State* const state = static_cast<State*>(PyModule_GetState(module));
  PyObject* type = nullptr;
  PyObject* files_object = nullptr;
  Files files;
  if (PyArg_ParseTuple(arguments, "O!O", &PyType_Type, &type, &files_object) == 0 ||
      !files.set(files_object)) {
    return nullptr;
  }
  promoflow_configuration* handle = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked(
      [&] { return promoflow_configuration_read(files.data(), files.size(), &handle, &error); });
  if (status != PROMOFLOW_OK) { return fail(state, status, error); }
  const Ref configuration(new_box(state, reinterpret_cast<PyTypeObject*>(type), handle,
                                  &promoflow_configuration_free, nullptr));
  if (!configuration) { return nullptr; }
  const Ref lines(formatted(state, handle, files, PROMOFLOW_DIAGNOSTICS_JSON));
  const Ref text(lines ? formatted(state, handle, files, PROMOFLOW_DIAGNOSTICS_TEXT) : nullptr);
  return text ? PyTuple_Pack(3, configuration.get(), lines.get(), text.get()) : nullptr;
}

/// resolve(product, message, revision, order): JSON text
PyObject* resolve(PyObject* self, PyObject* arguments) {
  State* const state = as<Configuration>(self)->state;
  PyObject* objects[3] = {nullptr, nullptr, nullptr};
  int order = 0;
  Text product;
  Text message;
  Text revision;
  if (PyArg_ParseTuple(arguments, "OOOi", &objects[0], &objects[1], &objects[2], &order) == 0 ||
      !product.set(objects[0], "product") || !message.set(objects[1], "message") ||
      !revision.set(objects[2], "revision") || open(as<Configuration>(self)) == nullptr) {
    return nullptr;
  }
  const Pin<promoflow_configuration> configuration(as<Configuration>(self),
                                                   &promoflow_configuration_free);
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] {
    return promoflow_configuration_resolve(configuration.get(), product.get(), message.get(),
                                           revision.get(), order, &buffer, &error);
  });
  return buffer_or_fail(state, status, buffer, error);
}

/// flow(type, name, product, order): a flow; None: there is none
PyObject* flow(PyObject* self, PyObject* arguments) {
  State* const state = as<Configuration>(self)->state;
  PyObject* type = nullptr;
  PyObject* name_object = nullptr;
  PyObject* product_object = nullptr;
  int order = 0;
  Text name;
  Text product;
  if (PyArg_ParseTuple(arguments, "O!OOi", &PyType_Type, &type, &name_object, &product_object,
                       &order) == 0 ||
      !name.set(name_object, "name") || !product.set(product_object, "product") ||
      open(as<Configuration>(self)) == nullptr) {
    return nullptr;
  }
  const Pin<promoflow_configuration> configuration(as<Configuration>(self),
                                                   &promoflow_configuration_free);
  promoflow_flow* handle = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] {
    return promoflow_configuration_flow(configuration.get(), name.get(), product.get(), order,
                                        &handle, &error);
  });
  if (!fine(state, status, error)) { return nullptr; }
  if (handle == nullptr) { Py_RETURN_NONE; }
  return new_box(state, reinterpret_cast<PyTypeObject*>(type), handle, &promoflow_flow_free,
                 nullptr);
}

/// context_uses(flow): [(hook, point, environment's number or -1, key, writes, required)]; None:
/// there is no such flow
PyObject* context_uses(PyObject* self, PyObject* object) {
  State* const state = as<Configuration>(self)->state;
  Text flow;
  if (!flow.set(object, "flow") || open(as<Configuration>(self)) == nullptr) { return nullptr; }
  const Pin<promoflow_configuration> configuration(as<Configuration>(self),
                                                   &promoflow_configuration_free);
  Many<promoflow_context_use, 32> uses;
  bool is_there = true;
  if (!uses.read(state, [&](promoflow_context_use* out, size_t capacity, size_t* count) {
        const promoflow_status status = promoflow_configuration_context_uses(
            configuration.get(), flow.get(), out, sizeof(*out), capacity, count, nullptr);
        is_there = status != PROMOFLOW_DONE;
        return status;
      })) {
    return nullptr;
  }
  if (!is_there) { Py_RETURN_NONE; }
  return list_of(uses, [&](const promoflow_context_use& use) -> PyObject* {
    const Ref hook(name_out(state, use.hook));
    const Ref point(text_out(promoflow_point_name(use.point)));
    const Ref key(name_out(state, use.key));
    if (!hook || !point || !key) { return nullptr; }
    const long environment =
        use.environment == PROMOFLOW_NO_ENVIRONMENT ? -1L : static_cast<long>(use.environment);
    return Py_BuildValue("OOlOii", hook.get(), point.get(), environment, key.get(), use.writes,
                         use.required);
  });
}

/// render_context(flow, (format, color, ascii, width)): str; None: there is no such flow
PyObject* render_context(PyObject* self, PyObject* arguments) {
  State* const state = as<Configuration>(self)->state;
  PyObject* object = nullptr;
  PyObject* drawing = nullptr;
  promoflow_render_options options{};
  Text flow;
  if (PyArg_ParseTuple(arguments, "OO!", &object, &PyTuple_Type, &drawing) == 0 ||
      !flow.set(object, "flow") || !render_in(drawing, &options) ||
      open(as<Configuration>(self)) == nullptr) {
    return nullptr;
  }
  const Pin<promoflow_configuration> configuration(as<Configuration>(self),
                                                   &promoflow_configuration_free);
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] {
    return promoflow_configuration_render_context(configuration.get(), flow.get(), &options,
                                                  &buffer, &error);
  });
  if (status == PROMOFLOW_DONE) { Py_RETURN_NONE; }
  return buffer_or_fail(state, status, buffer, error);
}

}  // namespace

bool add_configuration_types(PyObject* module, State* state) {
  static PyMethodDef methods[] = {
      {"_resolve", resolve, METH_VARARGS, "(product, message, revision, order)"},
      {"_flow", flow, METH_VARARGS, "(type, name, product, order)"},
      {"_context_uses", context_uses, METH_O, "(flow)"},
      {"_render_context", render_context, METH_VARARGS, "(flow, (format, color, ascii, width))"},
      {"close", close, METH_NOARGS, "Free the handle."},
      {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"closed", get_closed, nullptr, "Whether close() was called.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static PyMethodDef functions[] = {
      {"read_configuration", read_configuration, METH_VARARGS, "(type, files)"},
      {nullptr, nullptr, 0, nullptr}};
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&configuration_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&dealloc)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow._core.Configuration", sizeof(Configuration), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return PyModule_AddFunctions(module, functions) == 0 &&
         add_type(module, &spec, nullptr, &state->configuration);
}

}  // namespace promoflow_python
