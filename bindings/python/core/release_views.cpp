// SPDX-License-Identifier: Apache-2.0
// What can be read of a release: the base of the type that changes one.
#include "core.hpp"

namespace promoflow_python {
namespace {

const promoflow_release* handle_of(PyObject* self) { return open(as<Release>(self)); }
State* state_of_release(PyObject* self) { return as<Release>(self)->state; }

PyObject* get_info(PyObject* self, PyObject*) {
  const promoflow_release* const release = handle_of(self);
  promoflow_release_info info{};
  info.struct_size = sizeof(info);
  if (release == nullptr ||
      !fine(state_of_release(self), promoflow_release_info_of(release, &info))) {
    return nullptr;
  }
  return info_out(info);
}

PyObject* get_status(PyObject* self, void*) {
  const promoflow_release* const release = handle_of(self);
  int32_t status = 0;
  if (release == nullptr ||
      !fine(state_of_release(self), promoflow_release_status(release, &status))) {
    return nullptr;
  }
  return name_out(state_of_release(self), promoflow_release_status_name(status));
}

PyObject* get_final(PyObject* self, void*) {
  const promoflow_release* const release = handle_of(self);
  int32_t status = 0;
  if (release == nullptr ||
      !fine(state_of_release(self), promoflow_release_status(release, &status))) {
    return nullptr;
  }
  return PyBool_FromLong(promoflow_is_final(status));
}

PyObject* get_state(PyObject* self, PyObject*) {
  const promoflow_release* const release = handle_of(self);
  promoflow_state found{};
  found.struct_size = sizeof(found);
  if (release == nullptr ||
      !fine(state_of_release(self), promoflow_release_state(release, &found))) {
    return nullptr;
  }
  return state_out(state_of_release(self), found, true);
}

PyObject* names(PyObject* self, PyObject*) {
  const promoflow_release* const release = handle_of(self);
  if (release == nullptr) { return nullptr; }
  const FlowOf flow(state_of_release(self), release);
  return flow.get() == nullptr ? nullptr : names_out(state_of_release(self), flow.get());
}

PyObject* environment(PyObject* self, PyObject* name) {
  State* const state = state_of_release(self);
  const promoflow_release* const release = handle_of(self);
  if (release == nullptr) { return nullptr; }
  const FlowOf flow(state, release);
  uint32_t index = 0;
  promoflow_state found{};
  found.struct_size = sizeof(found);
  if (flow.get() == nullptr || !environment_in(state, flow.get(), name, &index) ||
      !fine(state, promoflow_release_environment(release, index, &found))) {
    return nullptr;
  }
  return state_out(state, found, false);
}

PyObject* environments(PyObject* self, PyObject*) {
  State* const state = state_of_release(self);
  const promoflow_release* const release = handle_of(self);
  if (release == nullptr) { return nullptr; }
  const Pin<promoflow_release> pinned(as<Release>(self), &promoflow_release_free);
  Many<promoflow_state, 16> found;
  if (!found.read(state, [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_release_environments(release, out, sizeof(*out), capacity, count);
      })) {
    return nullptr;
  }
  return list_of(found, [&](const promoflow_state& one) { return state_out(state, one, false); });
}

promoflow_status read_context(const void* of, const promoflow_command*,
                              promoflow_context_entry* out, size_t capacity, size_t* count) {
  return promoflow_release_context(static_cast<const promoflow_release*>(of), out, sizeof(*out),
                                   capacity, count);
}

PyObject* get_context(PyObject* self, void*) {
  if (handle_of(self) == nullptr) { return nullptr; }
  const Pin<promoflow_release> release(as<Release>(self), &promoflow_release_free);
  return context_out(state_of_release(self), &read_context, release.get(), nullptr);
}

PyObject* writers(PyObject* self, PyObject*) {
  State* const state = state_of_release(self);
  const promoflow_release* const release = handle_of(self);
  if (release == nullptr) { return nullptr; }
  const Pin<promoflow_release> pinned(as<Release>(self), &promoflow_release_free);
  Many<promoflow_context_entry, 24> found;
  if (!found.read(state, [&](auto* out, size_t capacity, size_t* count) {
        return read_context(release, nullptr, out, capacity, count);
      })) {
    return nullptr;
  }
  return writers_out(state, found.begin(), found.size());
}

/// [(key, earlier, later)]
PyObject* conflicts(PyObject* self, PyObject*) {
  const promoflow_release* const release = handle_of(self);
  if (release == nullptr) { return nullptr; }
  const Pin<promoflow_release> pinned(as<Release>(self), &promoflow_release_free);
  Many<promoflow_context_conflict, 4> found;
  if (!found.read(state_of_release(self), [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_release_conflicts(release, out, sizeof(*out), capacity, count, nullptr);
      })) {
    return nullptr;
  }
  return conflicts_out(found.begin(), found.size());
}

/// [(ticket, reason, bytes)]
PyObject* rejected(PyObject* self, PyObject*) {
  const promoflow_release* const release = handle_of(self);
  if (release == nullptr) { return nullptr; }
  const Pin<promoflow_release> pinned(as<Release>(self), &promoflow_release_free);
  Many<promoflow_rejected_export, 4> found;
  if (!found.read(state_of_release(self), [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_release_rejected(release, out, sizeof(*out), capacity, count, nullptr);
      })) {
    return nullptr;
  }
  return list_of(found, [](const promoflow_rejected_export& one) -> PyObject* {
    const Ref reason(text_out(one.reason));
    const Ref text(
        PyBytes_FromStringAndSize(one.text.data, static_cast<Py_ssize_t>(one.text.size)));
    if (!reason || !text) { return nullptr; }
    return Py_BuildValue("(KOO)", static_cast<unsigned long long>(one.ticket), reason.get(),
                         text.get());
  });
}

// --- as text -------------------------------------------------------------------------------------

using Write = promoflow_status (*)(const promoflow_release*, promoflow_buffer**, promoflow_error**);

template <Write kWrite>
PyObject* written(PyObject* self, PyObject*) {
  const promoflow_release* const release = handle_of(self);
  if (release == nullptr) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = kWrite(release, &buffer, &error);
  return buffer_or_fail(state_of_release(self), status, buffer, error);
}

PyObject* draw(PyObject* self, PyObject* arguments) {
  promoflow_render_options options{};
  if (!render_in(arguments, &options)) { return nullptr; }
  const promoflow_release* const release = handle_of(self);
  if (release == nullptr) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_release_render(release, &options, &buffer, &error);
  return buffer_or_fail(state_of_release(self), status, buffer, error);
}

/// _key(ticket): the idempotency key.
PyObject* key(PyObject* self, PyObject* ticket) {
  const unsigned long long number = PyLong_AsUnsignedLongLong(ticket);
  if (PyErr_Occurred() != nullptr) { return nullptr; }
  const promoflow_release* const release = handle_of(self);
  if (release == nullptr) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_release_key(release, number, &buffer, &error);
  return buffer_or_fail(state_of_release(self), status, buffer, error);
}

PyObject* no_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "cannot create '%.100s' instances", type->tp_name);
}

PyMethodDef methods[] = {
    {"_info", get_info, METH_NOARGS, "(id, url, product, version, commit_sha)"},
    {"_names", names, METH_NOARGS, "()"},
    {"_state", get_state, METH_NOARGS, "(status, phase, message)"},
    {"_environment", environment, METH_O, "(name)"},
    {"_environments", environments, METH_NOARGS, "()"},
    {"_writers", writers, METH_NOARGS, "()"},
    {"_conflicts", conflicts, METH_NOARGS, "()"},
    {"_rejected", rejected, METH_NOARGS, "()"},
    {"_describe", written<&promoflow_release_describe>, METH_NOARGS, "()"},
    {"_render", draw, METH_VARARGS, "(format, color, ascii, width)"},
    {"_key", key, METH_O, "(ticket)"},
    {"snapshot", written<&promoflow_release_snapshot>, METH_NOARGS,
     "The whole state as JSON text, for Flow.restore()."},
    {nullptr, nullptr, 0, nullptr}};

PyGetSetDef getters[] = {
    {"status", get_status, nullptr, "Running, Suspended, ..., Succeeded, Failed.", nullptr},
    {"is_final", get_final, nullptr, "Whether it is over, unless it is retried.", nullptr},
    {"context", get_context, nullptr, "The promotion context now.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&no_new)},
                       {Py_tp_methods, methods},
                       {Py_tp_getset, getters},
                       {0, nullptr}};

}  // namespace

PyType_Spec release_view_spec{"promoflow._core.ReleaseView", sizeof(Release), 0,
                              Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

}  // namespace promoflow_python
