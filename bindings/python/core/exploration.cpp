// SPDX-License-Identifier: Apache-2.0
// Explorations and the difference of two flows, as texts.
#include <optional>

#include "core.hpp"

namespace promoflow_python {
namespace {

/// Calls Python's progress function in the middle of an exploration, which has no GIL; looks for
/// Ctrl-C, too. What is raised ends the exploration, and is raised when that has returned.
class Progress {
 public:
  explicit Progress(PyObject* function) : function_(function) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  static int32_t call(const promoflow_exploration_progress* progress, void* user) {
    return static_cast<Progress*>(user)->tell(*progress) ? 1 : 0;
  }
  bool raised() const { return raised_; }

 private:
  bool tell(const promoflow_exploration_progress& progress) {
    const PyGILState_STATE gil = PyGILState_Ensure();
    const bool goes_on = ask(progress);
    // What was raised stays set in this thread, which is the one that called.
    raised_ = PyErr_Occurred() != nullptr;
    PyGILState_Release(gil);
    return goes_on;
  }

  bool ask(const promoflow_exploration_progress& progress) {
    if (raised_ || PyErr_CheckSignals() != 0) { return false; }
    if (function_ == Py_None) { return true; }
    const Ref answer(PyObject_CallFunction(
        function_, "KKKI", static_cast<unsigned long long>(progress.states),
        static_cast<unsigned long long>(progress.transitions),
        static_cast<unsigned long long>(progress.outcomes), progress.failures));
    return answer && answer.get() != Py_False;
  }

  PyObject* function_;
  bool raised_ = false;
};

/// What both functions take of an exploration: (failures, failures_max, retries_max, terminate,
/// skip, suspend, timeouts, all_orders, states_max, memory_bytes_max), exports or None, progress or
/// None.
class Options {
 public:
  Options(State* state, PyObject* numbers, PyObject* exports, PyObject* progress)
      : progress_(progress) {
    unsigned long long states = 0;
    unsigned long long memory = 0;
    options_.struct_size = sizeof(options_);
    good_ = PyArg_ParseTuple(numbers, "iIIpppppKK", &options_.failures, &options_.failures_max,
                             &options_.retries_max, &options_.terminate, &options_.skip,
                             &options_.suspend, &options_.timeouts, &options_.all_orders, &states,
                             &memory) != 0 &&
            take_exports(state, exports);
    options_.states_max = states;
    options_.memory_bytes_max = memory;
    options_.progress = &Progress::call;
    options_.user = &progress_;
  }
  bool good() const { return good_; }
  bool raised() const { return progress_.raised(); }
  const promoflow_exploration_options* get() const { return &options_; }

 private:
  bool take_exports(State* state, PyObject* exports) {
    if (exports == Py_None) { return true; }
    if (PyObject_TypeCheck(exports, state->scenario) == 0) {
      PyErr_Format(PyExc_TypeError, "expected a Scenario, not %.100s", Py_TYPE(exports)->tp_name);
      return false;
    }
    if (open(as<Scenario>(exports)) == nullptr) { return false; }
    exports_.emplace(as<Scenario>(exports), &promoflow_scenario_free);
    options_.exports = exports_->get();
    return true;
  }

  promoflow_exploration_options options_{};
  std::optional<Pin<promoflow_scenario>> exports_;
  Progress progress_;
  bool good_ = false;
};

/// explore(flow, properties or None, numbers, exports, progress, format): str
PyObject* explore(PyObject* module, PyObject* arguments) {
  State* const state = static_cast<State*>(PyModule_GetState(module));
  PyObject* flow_object = nullptr;
  PyObject* properties_object = nullptr;
  PyObject* numbers = nullptr;
  PyObject* exports = nullptr;
  PyObject* progress = nullptr;
  int format = 0;
  Text properties;
  if (PyArg_ParseTuple(arguments, "OOO!OOi", &flow_object, &properties_object, &PyTuple_Type,
                       &numbers, &exports, &progress, &format) == 0 ||
      !properties.set(properties_object, "properties")) {
    return nullptr;
  }
  Flow* const of = flow_in(state, flow_object);
  if (of == nullptr) { return nullptr; }
  const Options options(state, numbers, exports, progress);
  if (!options.good()) { return nullptr; }
  const Pin<promoflow_flow> flow(of, &promoflow_flow_free);
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] {
    return promoflow_explore(flow.get(), properties.get(), options.get(), format, &buffer, &error);
  });
  if (options.raised()) {
    promoflow_buffer_free(buffer);
    promoflow_error_free(error);
    return nullptr;
  }
  return buffer_or_fail(state, status, buffer, error);
}

/// diff(before, after, properties or None, numbers, exports, progress, format): str
PyObject* diff(PyObject* module, PyObject* arguments) {
  State* const state = static_cast<State*>(PyModule_GetState(module));
  PyObject* before_object = nullptr;
  PyObject* after_object = nullptr;
  PyObject* properties_object = nullptr;
  PyObject* numbers = nullptr;
  PyObject* exports = nullptr;
  PyObject* progress = nullptr;
  int format = 0;
  Text properties;
  if (PyArg_ParseTuple(arguments, "OOOO!OOi", &before_object, &after_object, &properties_object,
                       &PyTuple_Type, &numbers, &exports, &progress, &format) == 0 ||
      !properties.set(properties_object, "properties")) {
    return nullptr;
  }
  Flow* const was = flow_in(state, before_object);
  Flow* const is = was != nullptr ? flow_in(state, after_object) : nullptr;
  if (is == nullptr) { return nullptr; }
  const Options options(state, numbers, exports, progress);
  if (!options.good()) { return nullptr; }
  const Pin<promoflow_flow> before(was, &promoflow_flow_free);
  const Pin<promoflow_flow> after(is, &promoflow_flow_free);
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] {
    return promoflow_diff(before.get(), after.get(), properties.get(), options.get(), format,
                          &buffer, nullptr, &error);
  });
  if (options.raised()) {
    promoflow_buffer_free(buffer);
    promoflow_error_free(error);
    return nullptr;
  }
  return buffer_or_fail(state, status, buffer, error);
}

}  // namespace

bool add_exploration_functions(PyObject* module) {
  static PyMethodDef functions[] = {
      {"explore", explore, METH_VARARGS, "(flow, properties, numbers, exports, progress, format)"},
      {"diff", diff, METH_VARARGS,
       "(before, after, properties, numbers, exports, progress, format)"},
      {nullptr, nullptr, 0, nullptr}};
  return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace promoflow_python
