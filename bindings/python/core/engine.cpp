// SPDX-License-Identifier: Apache-2.0
// Engines. Where the library was built without them, the module has neither Store nor Engine.
#include "core.hpp"
#if defined(PROMOFLOW_PYTHON_ENGINE)
#include "engine.hpp"

namespace promoflow_python {
namespace {

State* state_in(PyObject* self) { return as<Engine>(self)->state; }

/// Uses the engine without the GIL: close() meanwhile only marks it.
class Use {
 public:
  explicit Use(PyObject* self) : self_(as<Engine>(self)), handle_(self_->handle) {
    if (handle_ == nullptr) {
      fail_closed(self_->state);
      return;
    }
    ++self_->users;
    Py_INCREF(self);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() {
    if (handle_ == nullptr) { return; }
    if (--self_->users == 0 && self_->handle == nullptr) {
      unlocked([&] {
        promoflow_engine_free(handle_);
        return 0;
      });
    }
    Py_DECREF(reinterpret_cast<PyObject*>(self_));
  }
  explicit operator bool() const { return handle_ != nullptr; }
  promoflow_engine* get() const { return handle_; }

 private:
  Engine* self_;
  promoflow_engine* handle_;
};

/// Runs a function of the engine that only says whether it did it.
template <class Body>
PyObject* act(PyObject* self, Body body) {
  const Use use(self);
  if (!use) { return nullptr; }
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] { return body(use.get(), &error); });
  if (!fine(state_in(self), status, error)) { return nullptr; }
  Py_RETURN_NONE;
}

/// Makes the engine of an executor that it takes.
promoflow_status make(const promoflow_store* store, promoflow_engine_options& options,
                      bool observes, const promoflow_executor& callbacks,
                      const std::shared_ptr<Mailbox>& mailbox, promoflow_engine** out,
                      promoflow_error** error) {
  const promoflow_engine_executor executor{view("python"), &callbacks};
  options.executors = &executor;
  options.executor_count = 1;
  set_callbacks(options, mailbox, observes);
  return promoflow_engine_new(store, &options, out, error);
}

/// Engine._new(store, lost, releases_max, commands_max, lease_ms, heartbeat_ms,
/// request_interval_ms, observes, hears, argo, promotes)
PyObject* engine_make(PyObject* type, PyObject* arguments) {
  State* const state = state_of(reinterpret_cast<PyTypeObject*>(type));
  promoflow_engine_options options{};
  options.struct_size = sizeof(options);
  PyObject* store_object = nullptr;
  PyObject* argo_object = nullptr;
  int observes = 0;
  int hears = 0;
  int promotes = 0;
  long long lease_ms = 0;
  long long heartbeat_ms = 0;
  long long request_interval_ms = 0;
  if (state == nullptr ||
      PyArg_ParseTuple(arguments, "O!iIILLLppOp", state->store, &store_object, &options.lost,
                       &options.releases_max, &options.commands_max, &lease_ms, &heartbeat_ms,
                       &request_interval_ms, &observes, &hears, &argo_object, &promotes) == 0 ||
      open(as<Store>(store_object)) == nullptr) {
    return nullptr;
  }
  options.lease_ms = lease_ms;
  options.heartbeat_ms = heartbeat_ms;
  options.request_interval_ms = request_interval_ms;
  PyTypeObject* const made_type = reinterpret_cast<PyTypeObject*>(type);
  const Ref made(made_type->tp_alloc(made_type, 0));
  if (!made) { return nullptr; }
  Engine* const engine = as<Engine>(made.get());
  engine->state = state;
  const promoflow_store* const store = as<Store>(store_object)->handle;
  promoflow_error* error = nullptr;
  promoflow_status status = PROMOFLOW_E_OUT_OF_MEMORY;
  try {
    const auto mailbox = std::make_shared<Mailbox>();
    engine->mailbox = new std::shared_ptr<Mailbox>(mailbox);
    promoflow_executor callbacks{};
    if (argo_object == Py_None) {
      callbacks = callbacks_to(mailbox, hears != 0);
    } else {
      engine->argo = new std::shared_ptr<Argo>(std::make_shared<Argo>());
      Argo& argo = **engine->argo;
      if (!argo.make(state, argo_object, promotes != 0, store, mailbox) ||
          !argo.fill(state, &callbacks)) {
        return nullptr;
      }
    }
    status = make(store, options, observes != 0, callbacks, mailbox, &engine->handle, &error);
  } catch (const std::bad_alloc&) { return PyErr_NoMemory(); }
  return fine(state, status, error) ? own(made.get()) : nullptr;
}

/// Engine._start(flow, id, url, product, version, commit_sha, context, kind, names, run)
PyObject* engine_start(PyObject* self, PyObject* arguments) {
  PyObject* flow_object = nullptr;
  std::array<PyObject*, 5> fields{};
  PyObject* context_object = nullptr;
  int kind = 0;
  PyObject* names_object = nullptr;
  PyObject* run_object = nullptr;
  if (PyArg_ParseTuple(arguments, "OOOOOOOiOO", &flow_object, &fields[0], &fields[1], &fields[2],
                       &fields[3], &fields[4], &context_object, &kind, &names_object,
                       &run_object) == 0) {
    return nullptr;
  }
  std::array<Text, 5> texts;
  static constexpr std::array<const char*, 5> kNames{"id", "url", "product", "version",
                                                     "commit_sha"};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!texts[i].set(fields[i], kNames[i])) { return nullptr; }
  }
  const Ref json(json_in(state_in(self), context_object));
  Text context;
  Text run;
  Names names;
  if ((!json && PyErr_Occurred() != nullptr) || (json && !context.set(json.get(), "context")) ||
      !names.set(names_object, "environments") || !run.set(run_object, "run")) {
    return nullptr;
  }
  Flow* const of = flow_in(state_in(self), flow_object);
  if (of == nullptr) { return nullptr; }
  const Pin<promoflow_flow> flow(of, &promoflow_flow_free);
  const promoflow_release_info info{
      sizeof(info),  0, texts[0].get(), texts[1].get(), texts[2].get(), texts[3].get(),
      texts[4].get()};
  const promoflow_selection selection{sizeof(selection), kind, names.data(), names.size()};
  promoflow_engine_start_options options{};
  options.struct_size = sizeof(options);
  options.context = context.get();
  options.selection = &selection;
  options.run = run.get();
  return act(self, [&](promoflow_engine* engine, promoflow_error** error) {
    return promoflow_engine_start(engine, flow.get(), &info, &options, error);
  });
}

PyObject* engine_resume(PyObject* self, PyObject* release_object) {
  Text release;
  if (!release.set(release_object, "release")) { return nullptr; }
  return act(self, [&](promoflow_engine* engine, promoflow_error** error) {
    return promoflow_engine_resume(engine, release.get(), error);
  });
}

/// Engine._retry(release, environments, by)
PyObject* engine_retry(PyObject* self, PyObject* arguments) {
  PyObject* release_object = nullptr;
  PyObject* names_object = nullptr;
  PyObject* by_object = nullptr;
  Text release;
  Text by;
  Names names;
  if (PyArg_ParseTuple(arguments, "OOO", &release_object, &names_object, &by_object) == 0 ||
      !release.set(release_object, "release") || !names.set(names_object, "environments") ||
      !by.set(by_object, "by")) {
    return nullptr;
  }
  return act(self, [&](promoflow_engine* engine, promoflow_error** error) {
    return promoflow_engine_retry(engine, release.get(), names.data(), names.size(), by.get(),
                                  error);
  });
}

/// Engine._apply(release, event)
PyObject* engine_apply(PyObject* self, PyObject* arguments) {
  PyObject* release_object = nullptr;
  PyObject* event_object = nullptr;
  Text release;
  RawEvent event;
  if (PyArg_ParseTuple(arguments, "OO!", &release_object, state_in(self)->event, &event_object) ==
          0 ||
      !release.set(release_object, "release") || !event.set(event_object)) {
    return nullptr;
  }
  return act(self, [&](promoflow_engine* engine, promoflow_error** error) {
    return promoflow_engine_apply(engine, release.get(), event.get(), error);
  });
}

/// Engine._wait(release, wait_ms or None): the status' name
PyObject* engine_wait(PyObject* self, PyObject* arguments) {
  PyObject* release_object = nullptr;
  PyObject* wait_object = nullptr;
  Text release;
  if (PyArg_ParseTuple(arguments, "OO", &release_object, &wait_object) == 0 ||
      !release.set(release_object, "release")) {
    return nullptr;
  }
  int64_t wait_ms = PROMOFLOW_NO_TIME;
  if (wait_object != Py_None) {
    wait_ms = PyLong_AsLongLong(wait_object);
    if (PyErr_Occurred() != nullptr) { return nullptr; }
  }
  int32_t found = 0;
  const Ref done(act(self, [&](promoflow_engine* engine, promoflow_error** error) {
    return promoflow_engine_wait(engine, release.get(), wait_ms, &found, error);
  }));
  return done ? text_out(promoflow_release_status_name(found)) : nullptr;
}

template <class Body>
PyObject* text_of(PyObject* self, Body body) {
  const Use use(self);
  if (!use) { return nullptr; }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] { return body(use.get(), &buffer, &error); });
  return buffer_or_fail(state_in(self), status, buffer, error);
}

PyObject* engine_resume_all(PyObject* self, PyObject*) {
  return text_of(self, &promoflow_engine_resume_all);
}

PyObject* engine_describe(PyObject* self, PyObject* release_object) {
  Text release;
  if (!release.set(release_object, "release")) { return nullptr; }
  return text_of(
      self, [&](const promoflow_engine* engine, promoflow_buffer** out, promoflow_error** error) {
        return promoflow_engine_describe(engine, release.get(), out, error);
      });
}

/// The next letter; None: the engine has stopped.
PyObject* engine_next(PyObject* self, PyObject*) {
  try {
    const std::shared_ptr<Mailbox> mailbox = *as<Engine>(self)->mailbox;
    std::optional<Letter> letter;
    unlocked([&] {
      letter = mailbox->take();
      return 0;
    });
    if (!letter) { Py_RETURN_NONE; }
    return letter_out(state_in(self), std::move(*letter));
  } catch (const std::bad_alloc&) { return PyErr_NoMemory(); }
}

PyObject* engine_stop(PyObject* self, PyObject*) {
  const Ref done(act(self, [](promoflow_engine* engine, promoflow_error**) {
    return promoflow_engine_stop(engine);
  }));
  if (!done) { return nullptr; }
  const std::shared_ptr<Argo>* const kept = as<Engine>(self)->argo;
  if (const std::shared_ptr<Argo> argo = kept == nullptr ? nullptr : *kept) {
    unlocked([&] {
      argo->wait_idle();
      return 0;
    });
  }
  (*as<Engine>(self)->mailbox)->close();
  Py_RETURN_NONE;
}

void close_engine(Engine* engine) {
  promoflow_engine* const handle = std::exchange(engine->handle, nullptr);
  if (engine->mailbox != nullptr) { (*engine->mailbox)->close(); }
  if (engine->argo != nullptr) { engine->argo->reset(); }
  if (handle != nullptr && engine->users == 0) {
    unlocked([&] {
      promoflow_engine_free(handle);
      return 0;
    });
  }
}

PyObject* engine_close(PyObject* self, PyObject*) {
  close_engine(as<Engine>(self));
  Py_RETURN_NONE;
}

PyObject* get_closed(PyObject* self, void*) {
  return PyBool_FromLong(as<Engine>(self)->handle == nullptr);
}

PyObject* engine_new(PyTypeObject* type, PyObject*, PyObject*) {
  return PyErr_Format(PyExc_TypeError, "'%.100s' is made by promoflow.Engine", type->tp_name);
}

void engine_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  close_engine(as<Engine>(self));
  delete as<Engine>(self)->argo;
  delete as<Engine>(self)->mailbox;
  type->tp_free(self);
  Py_DECREF(type);
}

}  // namespace

bool add_engine_types(PyObject* module, State* state) {
  static PyMethodDef methods[] = {
      {"_new", engine_make, METH_VARARGS | METH_CLASS,
       "(store, lost, releases_max, commands_max, lease_ms, heartbeat_ms, request_interval_ms, "
       "observes, hears, argo, promotes)"},
      {"start", engine_start, METH_VARARGS,
       "(flow, id, url, product, version, commit_sha, context, kind, names, run)"},
      {"resume", engine_resume, METH_O, "(release)"},
      {"resume_all", engine_resume_all, METH_NOARGS, "()"},
      {"retry", engine_retry, METH_VARARGS, "(release, environments, by)"},
      {"apply", engine_apply, METH_VARARGS, "(release, event)"},
      {"wait", engine_wait, METH_VARARGS, "(release, wait_ms)"},
      {"describe", engine_describe, METH_O, "(release)"},
      {"next", engine_next, METH_NOARGS, "()"},
      {"stop", engine_stop, METH_NOARGS, "()"},
      {"close", engine_close, METH_NOARGS, "()"},
      {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"closed", get_closed, nullptr, "Whether close() was called.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&engine_new)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(&engine_dealloc)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, nullptr}};
  PyType_Spec spec{"promoflow._core.Engine", sizeof(Engine), 0, Py_TPFLAGS_DEFAULT, slots};
  return add_store_type(module, state) && add_reply_type(module, state) &&
         add_type(module, &spec, nullptr, &state->engine) &&
         PyModule_AddObject(module, "SQLITE_VERSION", text_out(promoflow_store_sqlite_version())) ==
             0;
}

}  // namespace promoflow_python
#else
namespace promoflow_python {

bool add_engine_types(PyObject*, State*) { return true; }

}  // namespace promoflow_python
#endif
