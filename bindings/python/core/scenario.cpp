// SPDX-License-Identifier: Apache-2.0
// Scenarios, and simulate().
#include "core.hpp"

namespace promoflow_python {
namespace {

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  close_box(as<Scenario>(self), &promoflow_scenario_free);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* close(PyObject* self, PyObject*) {
  close_box(as<Scenario>(self), &promoflow_scenario_free);
  Py_RETURN_NONE;
}

PyObject* get_closed(PyObject* self, void*) {
  return PyBool_FromLong(as<Scenario>(self)->handle == nullptr);
}

PyObject* scenario_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "'%.100s' is read, not made", type->tp_name);
}

PyObject* outcome_out(const promoflow_outcome& outcome) {
  const Ref hook(optional_out(outcome.hook));
  const Ref point(outcome.point == 0 ? own(Py_None)
                                     : text_out(promoflow_point_name(outcome.point)));
  const Ref environment(optional_out(outcome.environment));
  const Ref fail(optional_out(outcome.fail));
  const Ref context(optional_out(outcome.context));
  const Ref suspend(outcome.has_suspend == 0 ? own(Py_None)
                                             : PyLong_FromLongLong(outcome.suspend_ms));
  const Ref in_soak(optional_out(outcome.fail_in_soak));
  if (!hook || !point || !environment || !fail || !context || !suspend || !in_soak) {
    return nullptr;
  }
  return Py_BuildValue("(OOOIOOLOIOL)", hook.get(), point.get(), environment.get(), outcome.attempt,
                       fail.get(), context.get(), static_cast<long long>(outcome.after_ms),
                       suspend.get(), outcome.place, in_soak.get(),
                       static_cast<long long>(outcome.fail_in_soak_after_ms));
}

/// A list of names that the scenario keeps; None: there is none.
PyObject* names_or_none(State* state, const promoflow_str* names, uint64_t count) {
  return names == nullptr ? own(Py_None) : strings_out(state, names, static_cast<size_t>(count));
}

PyObject* action_out(State* state, const promoflow_action& action) {
  const bool retries = action.kind == PROMOFLOW_EVENT_RETRY;
  const Ref reason(text_out(action.reason));
  const Ref environment(optional_out(action.environment));
  const Ref environments(names_or_none(state, action.environments, action.environment_count));
  const Ref by(text_out(action.by));
  if (!reason || !environment || !environments || !by) { return nullptr; }
  return Py_BuildValue("(LsOOOOO)", static_cast<long long>(action.at_ms),
                       retries                               ? "retry"
                       : action.kind == PROMOFLOW_EVENT_SKIP ? "skip"
                                                             : "terminate",
                       reason.get(), environment.get(), environments.get(),
                       action.force != 0 ? Py_True : Py_False, by.get());
}

/// ((id, url, product, version, commit_sha), context,
///  [(hook, point, environment, attempt, fail, context, after_ms, suspend_ms, place, in_soak,
///    in_soak_after_ms)],
///  [(at_ms, kind, reason, environment, environments, force, by)], (kind, names))
PyObject* parts(PyObject* self, PyObject*) {
  State* const state = as<Scenario>(self)->state;
  if (open(as<Scenario>(self)) == nullptr) { return nullptr; }
  const Pin<promoflow_scenario> scenario(as<Scenario>(self), &promoflow_scenario_free);
  promoflow_release_info info{};
  info.struct_size = sizeof(info);
  promoflow_str context{};
  promoflow_selection selection{};
  selection.struct_size = sizeof(selection);
  Many<promoflow_outcome, 8> outcomes;
  Many<promoflow_action, 8> actions;
  if (!fine(state, promoflow_scenario_release(scenario.get(), &info, &context)) ||
      !outcomes.read(state,
                     [&](auto* out, size_t capacity, size_t* count) {
                       return promoflow_scenario_outcomes(scenario.get(), out, sizeof(*out),
                                                          capacity, count);
                     }) ||
      !actions.read(state,
                    [&](auto* out, size_t capacity, size_t* count) {
                      return promoflow_scenario_actions(scenario.get(), out, sizeof(*out), capacity,
                                                        count);
                    }) ||
      !fine(state, promoflow_scenario_selection(scenario.get(), &selection))) {
    return nullptr;
  }
  const Ref fields(info_out(info));
  const Ref given(text_out(context));
  const Ref rules(list_of(outcomes, outcome_out));
  const Ref acts(
      list_of(actions, [&](const promoflow_action& one) { return action_out(state, one); }));
  const Ref names(names_or_none(state, selection.environments, selection.environment_count));
  const Ref selected(names ? Py_BuildValue("(iO)", selection.kind, names.get()) : nullptr);
  if (!fields || !given || !rules || !acts || !selected) { return nullptr; }
  return PyTuple_Pack(5, fields.get(), given.get(), rules.get(), acts.get(), selected.get());
}

/// read_scenario(type, text, file, flow or None): (scenario, diagnostics, the same as text)
PyObject* read_scenario(PyObject* module, PyObject* arguments) {
  State* const state = static_cast<State*>(PyModule_GetState(module));
  PyObject* type = nullptr;
  PyObject* text_object = nullptr;
  PyObject* file_object = nullptr;
  PyObject* flow_object = nullptr;
  Text text;
  Text file;
  if (PyArg_ParseTuple(arguments, "O!OOO", &PyType_Type, &type, &text_object, &file_object,
                       &flow_object) == 0 ||
      !text.set(text_object, "text") || !file.set(file_object, "file")) {
    return nullptr;
  }
  promoflow_scenario* handle = nullptr;
  promoflow_error* error = nullptr;
  promoflow_status status = PROMOFLOW_OK;
  if (flow_object == Py_None) {
    status = unlocked(
        [&] { return promoflow_scenario_read(text.get(), nullptr, nullptr, &handle, &error); });
  } else {
    Flow* const of = flow_in(state, flow_object);
    if (of == nullptr) { return nullptr; }
    const Pin<promoflow_flow> flow(of, &promoflow_flow_free);
    status = unlocked(
        [&] { return promoflow_scenario_read(text.get(), flow.get(), nullptr, &handle, &error); });
  }
  if (status != PROMOFLOW_OK) { return fail(state, status, error); }
  const Ref scenario(new_box(state, reinterpret_cast<PyTypeObject*>(type), handle,
                             &promoflow_scenario_free, nullptr));
  Many<promoflow_diagnostic, 4> found;
  if (!scenario || !found.read(state, [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_scenario_diagnostics(handle, out, sizeof(*out), capacity, count);
      })) {
    return nullptr;
  }
  const Ref diagnostics(list_of(found, diagnostic_out));
  if (!diagnostics) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  const promoflow_status formatted = promoflow_scenario_format(
      handle, file.get(), text.get(), PROMOFLOW_DIAGNOSTICS_TEXT, &buffer, &error);
  const Ref shown(buffer_or_fail(state, formatted, buffer, error));
  return shown ? PyTuple_Pack(3, scenario.get(), diagnostics.get(), shown.get()) : nullptr;
}

/// simulate(type, flow, scenario or None, records_max): a trace
PyObject* simulate(PyObject* module, PyObject* arguments) {
  State* const state = static_cast<State*>(PyModule_GetState(module));
  PyObject* type = nullptr;
  PyObject* flow_object = nullptr;
  PyObject* scenario_object = nullptr;
  unsigned long long records_max = 0;
  if (PyArg_ParseTuple(arguments, "O!OOK", &PyType_Type, &type, &flow_object, &scenario_object,
                       &records_max) == 0) {
    return nullptr;
  }
  Flow* const of = flow_in(state, flow_object);
  if (of == nullptr) { return nullptr; }
  const Pin<promoflow_flow> flow(of, &promoflow_flow_free);
  promoflow_trace* handle = nullptr;
  promoflow_error* error = nullptr;
  promoflow_status status = PROMOFLOW_OK;
  if (scenario_object == Py_None) {
    status = unlocked(
        [&] { return promoflow_simulate(flow.get(), nullptr, records_max, &handle, &error); });
  } else {
    if (PyObject_TypeCheck(scenario_object, state->scenario) == 0) {
      return PyErr_Format(PyExc_TypeError, "expected a Scenario, not %.100s",
                          Py_TYPE(scenario_object)->tp_name);
    }
    if (open(as<Scenario>(scenario_object)) == nullptr) { return nullptr; }
    const Pin<promoflow_scenario> scenario(as<Scenario>(scenario_object), &promoflow_scenario_free);
    status = unlocked([&] {
      return promoflow_simulate(flow.get(), scenario.get(), records_max, &handle, &error);
    });
  }
  if (status != PROMOFLOW_OK) { return fail(state, status, error); }
  return new_box(state, reinterpret_cast<PyTypeObject*>(type), handle, &promoflow_trace_free,
                 flow_object);
}

}  // namespace

bool add_scenario_types(PyObject* module, State* state) {
  static PyMethodDef methods[] = {{"_parts", parts, METH_NOARGS, "()"},
                                  {"close", close, METH_NOARGS, "Free the handle."},
                                  {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"closed", get_closed, nullptr, "Whether close() was called.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static PyMethodDef functions[] = {
      {"read_scenario", read_scenario, METH_VARARGS, "(type, text, file, flow)"},
      {"simulate", simulate, METH_VARARGS, "(type, flow, scenario, records_max)"},
      {nullptr, nullptr, 0, nullptr}};
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&scenario_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&dealloc)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow._core.Scenario", sizeof(Scenario), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return PyModule_AddFunctions(module, functions) == 0 &&
         add_type(module, &spec, nullptr, &state->scenario);
}

}  // namespace promoflow_python
