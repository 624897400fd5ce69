// SPDX-License-Identifier: Apache-2.0
// What the files of the extension module share: its state, its objects, text in and out. All
// functions are called with the GIL held; those that return PyObject* return a new reference, or
// null with an exception set, unless they say otherwise.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <promoflow/promoflow.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#if PY_VERSION_HEX < 0x03090000
#error "promoflow needs Python 3.9"
#endif

namespace promoflow_python {

// --- references ----------------------------------------------------------------------------------

inline PyObject* own(PyObject* object) {
  Py_INCREF(object);
  return object;
}

/// An owned reference, or null.
class Ref {
 public:
  Ref() = default;
  explicit Ref(PyObject* owned) : object_(owned) {}
  Ref(Ref&& other) noexcept : object_(other.release()) {}
  Ref& operator=(Ref&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;
  ~Ref() { Py_XDECREF(object_); }

  explicit operator bool() const { return object_ != nullptr; }
  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }

 private:
  PyObject* object_ = nullptr;
};

// --- the module's state: one for each interpreter ------------------------------------------------

constexpr std::size_t kNameSlots = 512;  ///< A power of two: texts that come again and again.
constexpr std::size_t kEventTypes = 12;

struct State {
  PyObject* make_error = nullptr;  ///< promoflow.errors.make(code, message, where)
  PyObject* json_loads = nullptr;
  PyObject* json_decode = nullptr;  ///< JSONDecoder().raw_decode: a value and its end, no more.
  PyObject* json_dumps = nullptr;
  PyTypeObject* flow = nullptr;
  PyTypeObject* scenario = nullptr;
  PyTypeObject* configuration = nullptr;
  PyTypeObject* queue = nullptr;
  PyTypeObject* trace = nullptr;
  PyTypeObject* release = nullptr;
  PyTypeObject* commands = nullptr;  ///< The iterator of Release.commands().
  PyTypeObject* command = nullptr;   ///< The base of the next three.
  PyTypeObject* run_hook = nullptr;
  PyTypeObject* promote = nullptr;
  PyTypeObject* cancel = nullptr;
  PyTypeObject* event = nullptr;
  PyTypeObject* store = nullptr;  ///< This and the next two only with the engine.
  PyTypeObject* engine = nullptr;
  PyTypeObject* reply = nullptr;
  std::array<PyTypeObject*, kEventTypes> events{};
  std::array<PyObject*, kNameSlots> names{};
};

extern PyModuleDef module_def;
/// The state of the module that a type, or the first of its bases that has one, belongs to.
State* state_of(PyTypeObject* type);

// --- objects -------------------------------------------------------------------------------------

struct Command;

/// A handle. Closed while it has users: the last of them frees it (see Pin).
template <class T>
struct Box {
  PyObject ob_base;
  State* state;
  T* handle;
  PyObject* flow;     ///< Of a trace or a release: the flow that Python knows; may be null.
  Command* attached;  ///< Of a release: commands that still read from it.
  int users;
};
using Flow = Box<promoflow_flow>;
using Scenario = Box<promoflow_scenario>;
using Configuration = Box<promoflow_configuration>;
using Queue = Box<promoflow_queue>;
using Trace = Box<promoflow_trace>;
using Release = Box<promoflow_release>;

template <class T>
T* as(PyObject* object) {
  return reinterpret_cast<T*>(object);
}

/// A command. It reads from its release until that changes: before the change it copies what it has
/// not yet read. From a trace, which never changes, it reads as long as it lives.
struct Command {
  PyObject ob_base;
  State* state;
  promoflow_command raw;
  PyObject* owner;  ///< A Release or a Trace; null: it has none, or has copied everything.
  bool of_trace;
  PyObject* hook;
  PyObject* environment;
  PyObject* arguments;     ///< A dict, once read.
  PyObject* context_json;  ///< Once copied.
  PyObject* context;       ///< Once read.
  Command* previous;
  Command* next;
};

struct Event {
  PyObject ob_base;
  State* state;
  int32_t kind;
  int64_t at_ms;
  uint64_t ticket;
  bool force;
  PyObject* text;          ///< A str, or null.
  PyObject* context;       ///< JSON text as str or bytes, or null.
  PyObject* by;            ///< A str, or null.
  PyObject* environment;   ///< A str, or null.
  PyObject* environments;  ///< A tuple, or null.
};

// --- errors --------------------------------------------------------------------------------------

/// Raises what the status and the error say; frees the error. Returns null.
PyObject* fail(State* state, promoflow_status status, promoflow_error* error = nullptr);
/// Raises InvalidArgument. Returns null.
PyObject* fail_argument(State* state, const char* message, const char* where);
/// The handle of an object that is not closed; else null with ClosedError raised.
PyObject* fail_closed(State* state);

template <class T>
T* open(Box<T>* box) {
  if (box->handle == nullptr) { fail_closed(box->state); }
  return box->handle;
}

/// Raises and returns false unless the status is OK, or DONE.
inline bool fine(State* state, promoflow_status status, promoflow_error* error = nullptr) {
  if (status >= 0) { return true; }
  fail(state, status, error);
  return false;
}

// --- texts ---------------------------------------------------------------------------------------

inline promoflow_str view(const char* text) { return {text, std::strlen(text)}; }

PyObject* text_out(promoflow_str text);
/// The same; None if it is not given.
PyObject* optional_out(promoflow_str text);
/// A text that is likely to come again, kept in a table: hook, environment, argument names.
PyObject* name_out(State* state, promoflow_str text);
/// Of a buffer, which is freed.
PyObject* buffer_out(promoflow_buffer* buffer);
/// The buffer of a call as str; raises the call's error.
PyObject* buffer_or_fail(State* state, promoflow_status status, promoflow_buffer* buffer,
                         promoflow_error* error);

/// The UTF-8 of a str or bytes, as long as this lives. None is a text that is not given.
class Text {
 public:
  Text() = default;
  /// False: neither, with TypeError raised.
  bool set(PyObject* object, const char* name);
  promoflow_str get() const { return text_; }

 private:
  Ref kept_;
  promoflow_str text_{nullptr, 0};
};

/// A list of names as the C ABI takes it: of a str, which is one name, or an iterable of them.
class Names {
 public:
  /// False: neither, with TypeError raised. None is no list.
  bool set(PyObject* object, const char* name);
  const promoflow_str* data() const { return given_ ? views_.data() : nullptr; }
  std::size_t size() const { return given_ ? texts_.size() : 0; }

 private:
  Ref kept_;
  std::vector<Text> texts_;
  std::vector<promoflow_str> views_;  ///< One more than there are: an empty list has data, too.
  bool given_ = false;
};
/// The same as a tuple; None is null without an error.
Ref names_in(PyObject* object, const char* name);

/// JSON text of a Python value: a str or bytes is the text itself, None is null without an error.
Ref json_in(State* state, PyObject* context);
/// UTC milliseconds of an int, an aware datetime, or None: now.
bool time_in(PyObject* at, int64_t* out_ms);
PyObject* time_out(int64_t ms);  ///< None for PROMOFLOW_NO_TIME.

/// (status, phase, message) of a state.
PyObject* state_out(State* state, const promoflow_state& of, bool of_release);
/// {key: value} of the context entries that `read` reads from `of`, which the caller pins, and from
/// `command`.
using ReadEntries = promoflow_status (*)(const void* of, const promoflow_command* command,
                                         promoflow_context_entry* out, size_t capacity,
                                         size_t* count);
PyObject* context_out(State* state, ReadEntries read, const void* of,
                      const promoflow_command* command);
/// (id, url, product, version, commit_sha)
PyObject* info_out(const promoflow_release_info& info);
/// {key: (writer, shadowed)}; the caller pins what the entries are borrowed from.
PyObject* writers_out(State* state, const promoflow_context_entry* entries, size_t count);
/// [(key, earlier, later)]
PyObject* conflicts_out(const promoflow_context_conflict* conflicts, size_t count);
/// (str, ...); the caller pins what the names are borrowed from.
PyObject* strings_out(State* state, const promoflow_str* names, size_t count);
/// (code, severity, document, line, column, length, pointer, message, hint)
PyObject* diagnostic_out(const promoflow_diagnostic& found);
/// [of each]
template <class Range, class Make>
PyObject* list_of(const Range& range, Make make) {
  Ref list(PyList_New(static_cast<Py_ssize_t>(range.size())));
  Py_ssize_t at = 0;
  for (const auto& element : range) {
    PyObject* const made = list ? make(element) : nullptr;
    if (made == nullptr) { return nullptr; }
    PyList_SET_ITEM(list.get(), at++, made);
  }
  return list.release();
}

/// Elements of an array that a function of the C ABI fills: few on the stack, more on the heap.
template <class T, std::size_t kFew>
class Many {
 public:
  /// `fill(out, capacity, &count)`; raises its error.
  template <class Fill>
  bool read(State* state, Fill fill) {
    promoflow_status status = fill(few_.data(), kFew, &count_);
    if (status >= 0 && count_ > kFew) {
      more_.reset(new (std::nothrow) T[count_]);
      if (more_ == nullptr) {
        PyErr_NoMemory();
        return false;
      }
      status = fill(more_.get(), count_, &count_);
    }
    return fine(state, status);
  }
  const T* begin() const { return more_ == nullptr ? few_.data() : more_.get(); }
  const T* end() const { return begin() + count_; }
  std::size_t size() const { return count_; }
  const T& operator[](std::size_t index) const { return begin()[index]; }

 private:
  std::array<T, kFew> few_;
  std::unique_ptr<T[]> more_;
  std::size_t count_ = 0;
};

// --- between the files ---------------------------------------------------------------------------

/// An object of a handle that it takes, always. `flow` may be null.
template <class T>
PyObject* new_box(State* state, PyTypeObject* type, T* handle, void (*free)(T*), PyObject* flow) {
  PyObject* const object = type->tp_alloc(type, 0);
  if (object == nullptr) {
    free(handle);
    return nullptr;
  }
  Box<T>* const box = as<Box<T>>(object);
  box->state = state;
  box->handle = handle;
  box->flow = flow == nullptr ? nullptr : own(flow);
  return object;
}
/// Checks that an argument is an open flow.
Flow* flow_in(State* state, PyObject* object);
/// (the flow's name, [of its environments]); the handle is the caller's own.
PyObject* names_out(State* state, const promoflow_flow* flow);
/// The number of an environment by its name; KeyError.
bool environment_in(State* state, const promoflow_flow* flow, PyObject* name, uint32_t* out);
/// A number by its name, such as release.onStart; ValueError.
bool point_in(PyObject* name, int32_t* out);

PyObject* new_command(State* state, const promoflow_command& raw, PyObject* owner, bool of_trace);
/// Lets every attached command copy what it has not yet read: before each change.
bool detach_all(Release* release);
/// Detaches every command without a copy: before the handle is freed.
void orphan_all(Release* release);

/// An event as the C ABI takes it; it borrows from the object.
class RawEvent {
 public:
  /// False: an exception is set.
  bool set(PyObject* object);
  const promoflow_event* get() const { return &raw_; }

 private:
  promoflow_event raw_{};
  Text text_;
  Text context_;
  Text by_;
  Text environment_;
  Names environments_;
};
/// An answer to a command. `text`, `context`, `by` and `at` may be null.
PyObject* new_event(State* state, int32_t kind, uint64_t ticket, PyObject* text, PyObject* context,
                    PyObject* by, PyObject* at);

/// (event, at, ticket, status, environment, text, context, command, json, by, force, environments,
/// earlier), as Record has them. `environments`: a tuple, or None.
PyObject* record_out(State* state, const promoflow_record& raw, const promoflow_flow* flow,
                     PyObject* command, PyObject* json, PyObject* environments);

/// (format, color, ascii, width) of a picture.
bool render_in(PyObject* arguments, promoflow_render_options* out);

/// Works on a handle without the GIL: close() meanwhile only marks it.
template <class T>
class Pin {
 public:
  explicit Pin(Box<T>* box, void (*free)(T*)) : box_(box), free_(free), handle_(box->handle) {
    ++box_->users;
    Py_INCREF(reinterpret_cast<PyObject*>(box_));
  }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin() {
    if (--box_->users == 0 && box_->handle == nullptr) { free_(handle_); }
    Py_DECREF(reinterpret_cast<PyObject*>(box_));
  }
  const T* get() const { return handle_; }

 private:
  Box<T>* box_;
  void (*free_)(T*);
  T* handle_;
};

template <class T>
void close_box(Box<T>* box, void (*free)(T*)) {
  T* handle = std::exchange(box->handle, nullptr);
  if (handle != nullptr && box->users == 0) { free(handle); }
}

/// The flow of a release or a trace as the C ABI has it: Python's own may be closed.
class FlowOf {
 public:
  FlowOf(State* state, const promoflow_release* release)
      : FlowOf(state, release, promoflow_release_flow) {}
  FlowOf(State* state, const promoflow_trace* trace) : FlowOf(state, trace, promoflow_trace_flow) {}
  FlowOf(const FlowOf&) = delete;
  FlowOf& operator=(const FlowOf&) = delete;
  ~FlowOf() { promoflow_flow_free(flow_); }
  const promoflow_flow* get() const { return flow_; }

 private:
  template <class Handle, class Function>
  FlowOf(State* state, const Handle* handle, Function flow_of) {
    promoflow_error* error = nullptr;
    const int32_t status = flow_of(handle, &flow_, &error);
    fine(state, status, error);
  }

  promoflow_flow* flow_ = nullptr;
};

/// Runs `body` without the GIL.
template <class Body>
auto unlocked(Body body) {
  PyThreadState* const saved = PyEval_SaveThread();
  const auto result = body();
  PyEval_RestoreThread(saved);
  return result;
}

/// A method that takes positional and named arguments.
using Keywords = PyObject* (*)(PyObject*, PyObject*, PyObject*);
inline PyMethodDef method(const char* name, Keywords function, const char* doc, int flags = 0) {
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function)),
          METH_VARARGS | METH_KEYWORDS | flags, doc};
}

/// Adds a type to the module and keeps a reference in `slot`.
bool add_type(PyObject* module, PyType_Spec* spec, PyTypeObject* base, PyTypeObject** slot);
bool add_flow_types(PyObject* module, State* state);
bool add_scenario_types(PyObject* module, State* state);
bool add_exploration_functions(PyObject* module);
bool add_configuration_types(PyObject* module, State* state);
bool add_queue_types(PyObject* module, State* state);
bool add_trace_types(PyObject* module, State* state);
bool add_release_types(PyObject* module, State* state);
bool add_command_types(PyObject* module, State* state);
bool add_event_types(PyObject* module, State* state);
bool add_engine_types(PyObject* module, State* state);
bool add_argo_functions(PyObject* module);

}  // namespace promoflow_python
