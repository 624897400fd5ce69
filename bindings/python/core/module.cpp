// SPDX-License-Identifier: Apache-2.0
// The extension module promoflow._core: its state lives and dies with its interpreter.
#include "core.hpp"

namespace promoflow_python {
namespace {

State* state_in(PyObject* module) { return static_cast<State*>(PyModule_GetState(module)); }

/// Each reference of the state once, for traverse and clear.
template <class Visit>
int each(State* state, Visit visit) {
  const auto one = [&](auto*& slot) {
    PyObject* object = reinterpret_cast<PyObject*>(slot);
    const int result = visit(object);
    if (object == nullptr) { slot = nullptr; }
    return result;
  };
  int result = 0;
  for (PyObject** slot :
       {&state->make_error, &state->json_loads, &state->json_decode, &state->json_dumps}) {
    if (result == 0) { result = one(*slot); }
  }
  for (PyTypeObject** slot :
       {&state->flow, &state->scenario, &state->configuration, &state->queue, &state->trace,
        &state->release, &state->commands, &state->command, &state->run_hook, &state->promote,
        &state->cancel, &state->event, &state->store, &state->engine, &state->reply}) {
    if (result == 0) { result = one(*slot); }
  }
  for (PyTypeObject*& slot : state->events) {
    if (result == 0) { result = one(slot); }
  }
  for (PyObject*& slot : state->names) {
    if (result == 0) { result = one(slot); }
  }
  return result;
}

int module_traverse(PyObject* module, visitproc visit, void* arg) {
  State* const state = state_in(module);
  if (state == nullptr) { return 0; }
  return each(state, [&](PyObject*& object) { return object == nullptr ? 0 : visit(object, arg); });
}

int module_clear(PyObject* module) {
  State* const state = state_in(module);
  if (state == nullptr) { return 0; }
  return each(state, [](PyObject*& object) {
    Py_CLEAR(object);
    return 0;
  });
}

void module_free(void* module) { module_clear(static_cast<PyObject*>(module)); }

PyObject* imported(const char* module_name, const char* name) {
  const Ref module(PyImport_ImportModule(module_name));
  return module ? PyObject_GetAttrString(module.get(), name) : nullptr;
}

PyObject* format_duration(PyObject* module, PyObject* ms_object) {
  const long long ms = PyLong_AsLongLong(ms_object);
  if (PyErr_Occurred() != nullptr) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_duration_format(ms, &buffer, &error);
  return buffer_or_fail(state_in(module), status, buffer, error);
}

PyObject* parse_duration(PyObject* module, PyObject* object) {
  Text text;
  int64_t ms = 0;
  promoflow_error* error = nullptr;
  if (!text.set(object, "duration")) { return nullptr; }
  const promoflow_status status = promoflow_duration_parse(text.get(), &ms, &error);
  if (!fine(state_in(module), status, error)) { return nullptr; }
  return PyLong_FromLongLong(ms);
}

using Name = promoflow_str (*)(int32_t);

/// A list of the library's words for 1, 2, 3, ...
PyObject* words(Name name) {
  Ref list(PyList_New(0));
  for (int32_t number = 1; list; ++number) {
    const Ref word(text_out(name(number)));
    if (!word) { return nullptr; }
    if (PyUnicode_CompareWithASCIIString(word.get(), "unknown") == 0) { break; }
    if (PyList_Append(list.get(), word.get()) != 0) { return nullptr; }
  }
  return list.release();
}

bool add(PyObject* module, const char* name, PyObject* owned) {
  Ref object(owned);
  if (!object || PyModule_AddObject(module, name, object.get()) != 0) { return false; }
  object.release();
  return true;
}

bool add_names(PyObject* module) {
  return add(module, "VERSION", text_out(promoflow_version())) &&
         add(module, "MANIFEST_SCHEMA", text_out(promoflow_manifest_schema())) &&
         add(module, "SCENARIO_SCHEMA", text_out(promoflow_scenario_schema())) &&
         add(module, "PROPERTIES_SCHEMA", text_out(promoflow_properties_schema())) &&
         add(module, "POINTS", words(&promoflow_point_name)) &&
         add(module, "RELEASE_STATUSES", words(&promoflow_release_status_name)) &&
         add(module, "ENVIRONMENT_STATUSES", words(&promoflow_environment_status_name)) &&
         add(module, "FAILURE_POLICIES", words(&promoflow_failure_policy_name)) &&
         add(module, "CONTEXT_MERGES", words(&promoflow_context_merge_name)) &&
         add(module, "POLICY_ACTIONS", words(&promoflow_policy_action_name)) &&
         add(module, "ADMISSION_BLOCKS", words(&promoflow_block_name));
}

int module_exec(PyObject* module) {
  const uint32_t abi = promoflow_abi_version();
  if (!PROMOFLOW_ABI_FITS(abi)) {
    PyErr_Format(PyExc_ImportError, "promoflow's C ABI is %u.%u, this was made with %d.%d",
                 abi >> 16, abi & 0xffffu, PROMOFLOW_ABI_MAJOR, PROMOFLOW_ABI_MINOR);
    return -1;
  }
  State* const state = new (state_in(module)) State();
  state->make_error = imported("promoflow.errors", "make");
  state->json_loads = imported("json", "loads");
  state->json_dumps = imported("json", "dumps");
  const Ref decoder_type(imported("json", "JSONDecoder"));
  const Ref decoder(decoder_type ? PyObject_CallFunctionObjArgs(decoder_type.get(), nullptr)
                                 : nullptr);
  state->json_decode = decoder ? PyObject_GetAttrString(decoder.get(), "raw_decode") : nullptr;
  if (state->make_error == nullptr || state->json_loads == nullptr ||
      state->json_decode == nullptr || state->json_dumps == nullptr) {
    return -1;
  }
  const bool added = add_names(module) && add_flow_types(module, state) &&
                     add_scenario_types(module, state) && add_exploration_functions(module) &&
                     add_configuration_types(module, state) && add_queue_types(module, state) &&
                     add_trace_types(module, state) && add_event_types(module, state) &&
                     add_command_types(module, state) && add_release_types(module, state) &&
                     add_engine_types(module, state) && add_argo_functions(module);
  return added ? 0 : -1;
}

PyMethodDef functions[] = {{"format_duration", format_duration, METH_O, "(ms)"},
                           {"parse_duration", parse_duration, METH_O, "(text)"},
                           {nullptr, nullptr, 0, nullptr}};

PyModuleDef_Slot module_slots[] = {{Py_mod_exec, reinterpret_cast<void*>(&module_exec)},
                                   {0, nullptr}};

}  // namespace

PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "promoflow._core", "The compiled half of promoflow.",
    sizeof(State),         functions,         module_slots,
    &module_traverse,      &module_clear,     &module_free};

/// PyType_GetModuleByDef() came with Python 3.11 only.
State* state_of(PyTypeObject* type) {
  for (PyTypeObject* base = type; base != nullptr; base = base->tp_base) {
    if ((base->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) { continue; }
    PyObject* const module = reinterpret_cast<PyHeapTypeObject*>(base)->ht_module;
    if (module != nullptr && PyModule_GetDef(module) == &module_def) { return state_in(module); }
  }
  PyErr_SetString(PyExc_TypeError, "not a type of promoflow's");
  return nullptr;
}

bool add_type(PyObject* module, PyType_Spec* spec, PyTypeObject* base, PyTypeObject** slot) {
  const Ref bases(base == nullptr ? nullptr : PyTuple_Pack(1, base));
  if (base != nullptr && !bases) { return false; }
  PyObject* const type = PyType_FromModuleAndSpec(module, spec, bases.get());
  if (type == nullptr) { return false; }
  *slot = reinterpret_cast<PyTypeObject*>(type);
  return PyModule_AddType(module, *slot) == 0;
}

}  // namespace promoflow_python

// NOLINTBEGIN(bugprone-reserved-identifier): the name is CPython's.
PyMODINIT_FUNC PyInit__core();
PyMODINIT_FUNC PyInit__core() { return PyModuleDef_Init(&promoflow_python::module_def); }
// NOLINTEND(bugprone-reserved-identifier)
