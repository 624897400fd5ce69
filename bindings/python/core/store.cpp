// SPDX-License-Identifier: Apache-2.0
// Stores: what they say of releases, as JSON text, and requests.
#if defined(PROMOFLOW_PYTHON_ENGINE)
#include "engine.hpp"

namespace promoflow_python {
namespace {

State* state_in(PyObject* self) { return as<Store>(self)->state; }

/// Runs a function of the store without the GIL; its buffer, or its error.
template <class Body>
PyObject* ask(PyObject* self, Body body) {
  if (open(as<Store>(self)) == nullptr) { return nullptr; }
  const Pin<promoflow_store> pin(as<Store>(self), &promoflow_store_free);
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] { return body(pin.get(), &buffer, &error); });
  return buffer_or_fail(state_in(self), status, buffer, error);
}

/// Store._open(path: str, ask: bool, check: bool)
PyObject* store_open(PyObject* type, PyObject* arguments) {
  State* const state = state_of(reinterpret_cast<PyTypeObject*>(type));
  PyObject* path_object = nullptr;
  int asks = 0;
  int checks = 0;
  if (state == nullptr || PyArg_ParseTuple(arguments, "Opp", &path_object, &asks, &checks) == 0) {
    return nullptr;
  }
  PyObject* bytes_object = nullptr;
  if (PyUnicode_FSConverter(path_object, &bytes_object) == 0) { return nullptr; }
  const Ref bytes(bytes_object);
  const promoflow_str path{PyBytes_AS_STRING(bytes.get()),
                           static_cast<size_t>(PyBytes_GET_SIZE(bytes.get()))};
  promoflow_store_options options{};
  options.struct_size = sizeof(options);
  options.access = asks != 0 ? PROMOFLOW_STORE_ASK : PROMOFLOW_STORE_DRIVE;
  options.no_check = checks != 0 ? 0 : 1;
  promoflow_store* handle = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status =
      unlocked([&] { return promoflow_store_open(path, &options, &handle, &error); });
  if (status != PROMOFLOW_OK) { return fail(state, status, error); }
  return new_box(state, reinterpret_cast<PyTypeObject*>(type), handle, &promoflow_store_free,
                 nullptr);
}

/// Store._memory()
PyObject* store_memory(PyObject* type, PyObject*) {
  State* const state = state_of(reinterpret_cast<PyTypeObject*>(type));
  if (state == nullptr) { return nullptr; }
  promoflow_store* handle = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_store_new_memory(&handle, &error);
  if (status != PROMOFLOW_OK) { return fail(state, status, error); }
  return new_box(state, reinterpret_cast<PyTypeObject*>(type), handle, &promoflow_store_free,
                 nullptr);
}

/// Store._list(status, product, since_ms, unfinished, limit, after)
PyObject* store_list(PyObject* self, PyObject* arguments) {
  promoflow_store_filter filter{};
  filter.struct_size = sizeof(filter);
  PyObject* product_object = nullptr;
  PyObject* since_object = nullptr;
  PyObject* after_object = nullptr;
  Text product;
  Text after;
  if (PyArg_ParseTuple(arguments, "iOOpIO", &filter.status, &product_object, &since_object,
                       &filter.unfinished, &filter.limit, &after_object) == 0 ||
      !product.set(product_object, "product") || !after.set(after_object, "after")) {
    return nullptr;
  }
  if (since_object != Py_None) {
    if (!time_in(since_object, &filter.since_ms)) { return nullptr; }
    filter.has_since = 1;
  }
  filter.product = product.get();
  filter.after = after.get();
  return ask(self,
             [&](const promoflow_store* store, promoflow_buffer** out, promoflow_error** error) {
               return promoflow_store_list(store, &filter, out, error);
             });
}

using OfRelease = promoflow_status (*)(const promoflow_store*, promoflow_str, promoflow_buffer**,
                                       promoflow_error**);
template <OfRelease kRead>
PyObject* of_release(PyObject* self, PyObject* release_object) {
  Text release;
  if (!release.set(release_object, "release")) { return nullptr; }
  return ask(self,
             [&](const promoflow_store* store, promoflow_buffer** out, promoflow_error** error) {
               return kRead(store, release.get(), out, error);
             });
}

/// Store._trace(release, after, limit): (text, last)
PyObject* store_trace(PyObject* self, PyObject* arguments) {
  PyObject* release_object = nullptr;
  unsigned long long after = 0;
  unsigned int limit = 0;
  Text release;
  if (PyArg_ParseTuple(arguments, "OKI", &release_object, &after, &limit) == 0 ||
      !release.set(release_object, "release")) {
    return nullptr;
  }
  uint64_t last = 0;
  const Ref text(
      ask(self, [&](const promoflow_store* store, promoflow_buffer** out, promoflow_error** error) {
        return promoflow_store_trace(store, release.get(), after, limit, out, &last, error);
      }));
  return text ? Py_BuildValue("(OK)", text.get(), static_cast<unsigned long long>(last)) : nullptr;
}

/// Store._ask(release, event, by): the request's number
PyObject* store_ask(PyObject* self, PyObject* arguments) {
  PyObject* release_object = nullptr;
  PyObject* event_object = nullptr;
  PyObject* by_object = nullptr;
  Text release;
  Text by;
  RawEvent event;
  if (PyArg_ParseTuple(arguments, "OO!O", &release_object, state_in(self)->event, &event_object,
                       &by_object) == 0 ||
      !release.set(release_object, "release") || !by.set(by_object, "by") ||
      !event.set(event_object) || open(as<Store>(self)) == nullptr) {
    return nullptr;
  }
  const Pin<promoflow_store> pin(as<Store>(self), &promoflow_store_free);
  uint64_t request = 0;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] {
    return promoflow_store_ask(pin.get(), release.get(), event.get(), by.get(), &request, &error);
  });
  return fine(state_in(self), status, error) ? PyLong_FromUnsignedLongLong(request) : nullptr;
}

/// Store._request(number, wait_ms or None)
PyObject* store_request(PyObject* self, PyObject* arguments) {
  unsigned long long number = 0;
  PyObject* wait_object = nullptr;
  if (PyArg_ParseTuple(arguments, "KO", &number, &wait_object) == 0) { return nullptr; }
  int64_t wait_ms = PROMOFLOW_NO_TIME;
  if (wait_object != Py_None) {
    wait_ms = PyLong_AsLongLong(wait_object);
    if (PyErr_Occurred() != nullptr) { return nullptr; }
  }
  return ask(self,
             [&](const promoflow_store* store, promoflow_buffer** out, promoflow_error** error) {
               return promoflow_store_request(store, number, wait_ms, out, error);
             });
}

/// Store._ended_before(time, limit)
PyObject* store_ended_before(PyObject* self, PyObject* arguments) {
  PyObject* time_object = nullptr;
  unsigned int limit = 0;
  int64_t before_ms = 0;
  if (PyArg_ParseTuple(arguments, "OI", &time_object, &limit) == 0 ||
      !time_in(time_object, &before_ms)) {
    return nullptr;
  }
  return ask(self,
             [&](const promoflow_store* store, promoflow_buffer** out, promoflow_error** error) {
               return promoflow_store_ended_before(store, before_ms, limit, out, error);
             });
}

PyObject* store_remove(PyObject* self, PyObject* release_object) {
  Text release;
  if (!release.set(release_object, "release") || open(as<Store>(self)) == nullptr) {
    return nullptr;
  }
  const Pin<promoflow_store> pin(as<Store>(self), &promoflow_store_free);
  promoflow_error* error = nullptr;
  const promoflow_status status =
      unlocked([&] { return promoflow_store_remove(pin.get(), release.get(), &error); });
  if (!fine(state_in(self), status, error)) { return nullptr; }
  Py_RETURN_NONE;
}

PyObject* store_close(PyObject* self, PyObject*) {
  close_box(as<Store>(self), &promoflow_store_free);
  Py_RETURN_NONE;
}

PyObject* get_closed(PyObject* self, void*) {
  return PyBool_FromLong(as<Store>(self)->handle == nullptr);
}

void store_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  close_box(as<Store>(self), &promoflow_store_free);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* store_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "'%.100s' is made by open() or memory()", type->tp_name);
}

}  // namespace

bool add_store_type(PyObject* module, State* state) {
  static PyMethodDef methods[] = {
      {"_open", store_open, METH_VARARGS | METH_CLASS, "(path, ask, check)"},
      {"_memory", store_memory, METH_NOARGS | METH_CLASS, "()"},
      {"_list", store_list, METH_VARARGS, "(status, product, since, unfinished, limit, after)"},
      {"_show", of_release<&promoflow_store_show>, METH_O, "(release)"},
      {"_start", of_release<&promoflow_store_start>, METH_O, "(release)"},
      {"_verify", of_release<&promoflow_store_verify>, METH_O, "(release)"},
      {"_replay", of_release<&promoflow_store_replay>, METH_O, "(release)"},
      {"_trace", store_trace, METH_VARARGS, "(release, after, limit)"},
      {"_ask", store_ask, METH_VARARGS, "(release, event, by)"},
      {"_request", store_request, METH_VARARGS, "(number, wait_ms)"},
      {"_ended_before", store_ended_before, METH_VARARGS, "(time, limit)"},
      {"remove", store_remove, METH_O,
       "remove(release)\n--\n\nRemove a release that has ended, with all that belongs to it."},
      {"close", store_close, METH_NOARGS, "Free the handle; engines on it go on."},
      {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"closed", get_closed, nullptr, "Whether close() was called.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&store_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&store_dealloc)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow._core.Store", sizeof(Store), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return add_type(module, &spec, nullptr, &state->store);
}

}  // namespace promoflow_python
#endif
