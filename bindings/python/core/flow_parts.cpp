// SPDX-License-Identifier: Apache-2.0
// Options, steps and hooks of a flow, as tuples that promoflow/flow.py names.
#include "core.hpp"

namespace promoflow_python {

bool point_in(PyObject* name, int32_t* out) {
  Text text;
  if (!text.set(name, "point")) { return false; }
  for (int32_t point = PROMOFLOW_POINT_RELEASE_ON_START;
       point <= PROMOFLOW_POINT_ENVIRONMENT_ON_FAIL; ++point) {
    const promoflow_str word = promoflow_point_name(point);
    if (text.get().size == word.size && std::memcmp(text.get().data, word.data, word.size) == 0) {
      *out = point;
      return true;
    }
  }
  PyErr_Format(PyExc_ValueError, "there is no point %R; one is release.onStart", name);
  return false;
}

namespace {

/// (limit, duration_ms, factor, max_duration_ms or None)
template <class From>
PyObject* retry_out(const From& from) {
  const Ref longest(from.has_retry_max_duration != 0
                        ? PyLong_FromLongLong(from.retry_max_duration_ms)
                        : own(Py_None));
  return longest ? Py_BuildValue("(ILdO)", from.retry_limit,
                                 static_cast<long long>(from.retry_duration_ms), from.retry_factor,
                                 longest.get())
                 : nullptr;
}

/// {name: value}, values of other kinds than strings parsed.
PyObject* assigned_out(State* state, const promoflow_flow* flow, int32_t point,
                       uint32_t environment, size_t index) {
  Ref dict(PyDict_New());
  Many<promoflow_assigned, 8> found;
  if (!dict || !found.read(state, [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_flow_hook_arguments(flow, point, environment, index, out, sizeof(*out),
                                             capacity, count);
      })) {
    return nullptr;
  }
  for (const promoflow_assigned& assigned : found) {
    const Ref name(text_out(assigned.name));
    Ref value(text_out(assigned.value));
    if (value && assigned.json != 0) {
      value = Ref(PyObject_CallFunctionObjArgs(state->json_loads, value.get(), nullptr));
    }
    if (!name || !value || PyDict_SetItem(dict.get(), name.get(), value.get()) != 0) {
      return nullptr;
    }
  }
  return dict.release();
}

}  // namespace

/// [(name, arguments, timeout_ms, retry, on_error)]
PyObject* flow_hooks(PyObject* self, PyObject* arguments) {
  State* const state = as<Flow>(self)->state;
  PyObject* point_name = nullptr;
  PyObject* environment_name = nullptr;
  int32_t point = 0;
  uint32_t environment = 0;
  if (open(as<Flow>(self)) == nullptr ||
      PyArg_ParseTuple(arguments, "OO", &point_name, &environment_name) == 0 ||
      !point_in(point_name, &point) ||
      (environment_name != Py_None &&
       !environment_in(state, as<Flow>(self)->handle, environment_name, &environment))) {
    return nullptr;
  }
  const Pin<promoflow_flow> flow(as<Flow>(self), &promoflow_flow_free);
  Many<promoflow_hook, 8> hooks;
  if (!hooks.read(state, [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_flow_hooks(flow.get(), point, environment, out, sizeof(*out), capacity,
                                    count);
      })) {
    return nullptr;
  }
  size_t index = 0;
  return list_of(hooks, [&](const promoflow_hook& hook) -> PyObject* {
    const Ref name(text_out(hook.name));
    const Ref assigned(assigned_out(state, flow.get(), point, environment, index++));
    const Ref retry(assigned ? retry_out(hook) : nullptr);
    const Ref on_error(text_out(promoflow_on_error_name(hook.on_error)));
    if (!name || !retry || !on_error) { return nullptr; }
    return Py_BuildValue("(OOLOO)", name.get(), assigned.get(),
                         static_cast<long long>(hook.timeout_ms), retry.get(), on_error.get());
  });
}

/// (action, pre_action, post_action, timeout_ms, retry, soak_ms)
PyObject* flow_step(PyObject* self, PyObject* name) {
  State* const state = as<Flow>(self)->state;
  const promoflow_flow* const handle = open(as<Flow>(self));
  uint32_t environment = 0;
  promoflow_step step{};
  step.struct_size = sizeof(step);
  if (handle == nullptr || !environment_in(state, handle, name, &environment)) { return nullptr; }
  const Pin<promoflow_flow> flow(as<Flow>(self), &promoflow_flow_free);
  if (!fine(state, promoflow_flow_step(flow.get(), environment, &step))) { return nullptr; }
  const Ref action(step.policy_action == 0
                       ? own(Py_None)
                       : text_out(promoflow_policy_action_name(step.policy_action)));
  const Ref pre(optional_out(step.policy_pre_action));
  const Ref post(optional_out(step.policy_post_action));
  const Ref retry(retry_out(step));
  if (!action || !pre || !post || !retry) { return nullptr; }
  return Py_BuildValue("(OOOLOL)", action.get(), pre.get(), post.get(),
                       static_cast<long long>(step.timeout_ms), retry.get(),
                       static_cast<long long>(step.soak_ms));
}

/// (failure_policy, context_merge, promotion_timeout_minutes, post_trigger, annotations,
/// hook_timeout_ms, termination_grace_period_ms)
PyObject* flow_options(PyObject* self, PyObject*) {
  State* const state = as<Flow>(self)->state;
  if (open(as<Flow>(self)) == nullptr) { return nullptr; }
  const Pin<promoflow_flow> flow(as<Flow>(self), &promoflow_flow_free);
  promoflow_flow_options options{};
  options.struct_size = sizeof(options);
  Many<promoflow_argument, 8> found;
  if (!fine(state, promoflow_flow_options_of(flow.get(), &options)) ||
      !found.read(state, [&](auto* out, size_t capacity, size_t* count) {
        return promoflow_flow_annotations(flow.get(), out, capacity, count);
      })) {
    return nullptr;
  }
  const Ref annotations(PyDict_New());
  for (const promoflow_argument& annotation : found) {
    const Ref name(text_out(annotation.name));
    const Ref value(text_out(annotation.value));
    if (!annotations || !name || !value ||
        PyDict_SetItem(annotations.get(), name.get(), value.get()) != 0) {
      return nullptr;
    }
  }
  const Ref policy(text_out(promoflow_failure_policy_name(options.failure_policy)));
  const Ref merge(text_out(promoflow_context_merge_name(options.context_merge)));
  const Ref post(optional_out(options.post_trigger));
  if (!annotations || !policy || !merge || !post) { return nullptr; }
  return Py_BuildValue("(OOLOOLL)", policy.get(), merge.get(),
                       static_cast<long long>(options.promotion_timeout_minutes), post.get(),
                       annotations.get(), static_cast<long long>(options.hook_timeout_ms),
                       static_cast<long long>(options.termination_grace_period_ms));
}

}  // namespace promoflow_python
