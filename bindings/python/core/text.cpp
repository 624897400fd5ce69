// SPDX-License-Identifier: Apache-2.0
// Texts, times and JSON, in and out.
#include <chrono>
#include <vector>

#include "core.hpp"

namespace promoflow_python {

PyObject* text_out(promoflow_str text) {
  return PyUnicode_DecodeUTF8(text.data == nullptr ? "" : text.data,
                              static_cast<Py_ssize_t>(text.size), "replace");
}

PyObject* optional_out(promoflow_str text) {
  return text.data == nullptr ? own(Py_None) : text_out(text);
}

/// Bounded, unlike the interpreter's own table of interned strings, in which keys of contexts would
/// stay for ever. A text that comes again has its hash ready: dicts are filled quickly.
PyObject* name_out(State* state, promoflow_str text) {
  constexpr std::size_t kLong = 64;
  if (text.data == nullptr || text.size == 0 || text.size > kLong) { return text_out(text); }
  std::uint32_t hash = 2166136261u;
  for (std::size_t i = 0; i < text.size; ++i) {
    hash = (hash ^ static_cast<unsigned char>(text.data[i])) * 16777619u;
  }
  PyObject*& slot = state->names[(hash ^ (hash >> 15)) & (kNameSlots - 1)];
  if (slot != nullptr) {
    Py_ssize_t size = 0;
    const char* const data = PyUnicode_AsUTF8AndSize(slot, &size);
    if (data != nullptr && static_cast<std::size_t>(size) == text.size &&
        std::memcmp(data, text.data, text.size) == 0) {
      return own(slot);
    }
  }
  PyObject* const made = text_out(text);
  if (made == nullptr || PyUnicode_AsUTF8AndSize(made, nullptr) == nullptr) {
    PyErr_Clear();
    return made;
  }
  Py_XDECREF(std::exchange(slot, own(made)));
  return made;
}

PyObject* buffer_out(promoflow_buffer* buffer) {
  PyObject* const made = text_out(promoflow_buffer_text(buffer));
  promoflow_buffer_free(buffer);
  return made;
}

PyObject* buffer_or_fail(State* state, promoflow_status status, promoflow_buffer* buffer,
                         promoflow_error* error) {
  return status == PROMOFLOW_OK ? buffer_out(buffer) : fail(state, status, error);
}

bool Text::set(PyObject* object, const char* name) {
  kept_ = Ref(own(object));
  if (object == Py_None) {
    text_ = {nullptr, 0};
    return true;
  }
  Py_ssize_t size = 0;
  if (PyBytes_Check(object)) {
    text_ = {PyBytes_AS_STRING(object), static_cast<std::size_t>(PyBytes_GET_SIZE(object))};
    return true;
  }
  if (!PyUnicode_Check(object)) {
    PyErr_Format(PyExc_TypeError, "%s: expected str, not %.100s", name, Py_TYPE(object)->tp_name);
    return false;
  }
  const char* data = PyUnicode_AsUTF8AndSize(object, &size);
  if (data == nullptr) {  // A lone surrogate: the library makes it U+FFFD.
    if (!PyErr_ExceptionMatches(PyExc_UnicodeError)) { return false; }
    PyErr_Clear();
    kept_ = Ref(PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass"));
    if (!kept_) { return false; }
    data = PyBytes_AS_STRING(kept_.get());
    size = PyBytes_GET_SIZE(kept_.get());
  }
  text_ = {data, static_cast<std::size_t>(size)};
  return true;
}

Ref names_in(PyObject* object, const char* name) {
  if (object == nullptr || object == Py_None) { return Ref(); }
  Ref names(PyUnicode_Check(object) ? PyTuple_Pack(1, object) : PySequence_Tuple(object));
  for (Py_ssize_t i = 0; names && i < PyTuple_GET_SIZE(names.get()); ++i) {
    PyObject* const one = PyTuple_GET_ITEM(names.get(), i);
    if (!PyUnicode_Check(one)) {
      PyErr_Format(PyExc_TypeError, "%s: expected names as str, not %.100s", name,
                   Py_TYPE(one)->tp_name);
      return Ref();
    }
  }
  return names;
}

bool Names::set(PyObject* object, const char* name) {
  kept_ = names_in(object, name);
  if (!kept_) { return PyErr_Occurred() == nullptr; }
  const auto count = static_cast<std::size_t>(PyTuple_GET_SIZE(kept_.get()));
  texts_.resize(count);
  views_.assign(count + 1, {nullptr, 0});
  for (std::size_t i = 0; i < count; ++i) {
    if (!texts_[i].set(PyTuple_GET_ITEM(kept_.get(), static_cast<Py_ssize_t>(i)), name)) {
      return false;
    }
    views_[i] = texts_[i].get();
  }
  given_ = true;
  return true;
}

Ref json_in(State* state, PyObject* context) {
  if (context == nullptr || context == Py_None) { return Ref(); }
  if (PyUnicode_Check(context) || PyBytes_Check(context)) { return Ref(own(context)); }
  if (Py_TYPE(context) != &PyDict_Type && PyMapping_Check(context) && !PyList_Check(context) &&
      !PyTuple_Check(context)) {
    const Ref plain(
        PyObject_CallFunctionObjArgs(reinterpret_cast<PyObject*>(&PyDict_Type), context, nullptr));
    return plain ? Ref(PyObject_CallFunctionObjArgs(state->json_dumps, plain.get(), nullptr))
                 : Ref();
  }
  return Ref(PyObject_CallFunctionObjArgs(state->json_dumps, context, nullptr));
}

namespace {

bool same(promoflow_str text, const char* word) {
  return text.size == std::strlen(word) && std::memcmp(text.data, word, text.size) == 0;
}

/// Of JSON text without space around it. Small numbers and words need no parser.
PyObject* parse_json(State* state, PyObject* json) {
  Py_ssize_t size = 0;
  const char* const text = PyUnicode_AsUTF8AndSize(json, &size);
  if (text == nullptr) { return nullptr; }
  const promoflow_str found{text, static_cast<std::size_t>(size)};
  if (same(found, "true")) { return own(Py_True); }
  if (same(found, "false")) { return own(Py_False); }
  if (same(found, "null")) { return own(Py_None); }
  constexpr Py_ssize_t kDigits = 18;
  int64_t number = 0;
  Py_ssize_t at = 0;
  for (; at < size && size <= kDigits && text[at] >= '0' && text[at] <= '9'; ++at) {
    number = number * 10 + (text[at] - '0');
  }
  if (at == size) { return PyLong_FromLongLong(number); }
  const Ref both(PyObject_CallFunctionObjArgs(state->json_decode, json, nullptr));
  PyObject* const value = both ? PyTuple_GetItem(both.get(), 0) : nullptr;
  return value == nullptr ? nullptr : own(value);
}

/// Of an aware datetime, exactly: floating-point seconds would round.
bool datetime_in(PyObject* at, int64_t* out_ms) {
  const Ref zone(PyObject_GetAttrString(at, "tzinfo"));
  if (!zone) {
    PyErr_Clear();
    PyErr_Format(PyExc_TypeError, "at: expected UTC milliseconds or a datetime, not %.100s",
                 Py_TYPE(at)->tp_name);
    return false;
  }
  if (zone.get() == Py_None) {
    PyErr_SetString(PyExc_ValueError, "at: a datetime without tzinfo is no moment");
    return false;
  }
  const Ref seconds(PyObject_CallMethod(at, "timestamp", nullptr));
  const Ref micro(PyObject_GetAttrString(at, "microsecond"));
  if (!seconds || !micro) { return false; }
  const long long rest = PyLong_AsLongLong(micro.get());
  const double stamp = PyFloat_AsDouble(seconds.get());
  if (PyErr_Occurred() != nullptr) { return false; }
  const double second = stamp - static_cast<double>(rest) / 1e6;
  *out_ms = static_cast<int64_t>(second + (second < 0 ? -0.5 : 0.5)) * 1000 + rest / 1000;
  return true;
}

}  // namespace

bool time_in(PyObject* at, int64_t* out_ms) {
  if (at == nullptr || at == Py_None) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    *out_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    return true;
  }
  if (!PyLong_Check(at) || PyBool_Check(at)) { return datetime_in(at, out_ms); }
  *out_ms = PyLong_AsLongLong(at);
  return *out_ms != -1 || PyErr_Occurred() == nullptr;
}

PyObject* time_out(int64_t ms) {
  return ms == PROMOFLOW_NO_TIME ? own(Py_None) : PyLong_FromLongLong(ms);
}

PyObject* state_out(State* state, const promoflow_state& of, bool of_release) {
  const Ref status(name_out(state, of_release ? promoflow_release_status_name(of.status)
                                              : promoflow_environment_status_name(of.status)));
  const Ref phase(name_out(state, of.phase));
  const Ref message(text_out(of.message));
  if (!status || !phase || !message) { return nullptr; }
  return PyTuple_Pack(3, status.get(), phase.get(), message.get());
}

/// Strings are taken as they are; other values are parsed when nothing is borrowed any more, for
/// the parser may run any code of Python's. The dict is made first for the same reason: where one
/// is made, garbage may be collected.
PyObject* context_out(State* state, ReadEntries read, const void* of,
                      const promoflow_command* command) {
  Ref dict(PyDict_New());
  Many<promoflow_context_entry, 24> entries;
  if (!dict || !entries.read(state, [&](auto* out, size_t capacity, size_t* count) {
        return read(of, command, out, capacity, count);
      })) {
    return nullptr;
  }
  std::vector<Ref> unparsed;
  for (const promoflow_context_entry& entry : entries) {
    const bool is_text = entry.json.size > 0 && entry.json.data[0] == '"';
    Ref key(name_out(state, entry.key));
    const Ref value(text_out(is_text ? entry.text : entry.json));
    if (!key || !value || PyDict_SetItem(dict.get(), key.get(), value.get()) != 0) {
      return nullptr;
    }
    if (!is_text) { unparsed.push_back(std::move(key)); }
  }
  for (const Ref& key : unparsed) {
    PyObject* const json = PyDict_GetItemWithError(dict.get(), key.get());
    const Ref value(json == nullptr ? nullptr : parse_json(state, json));
    if (!value || PyDict_SetItem(dict.get(), key.get(), value.get()) != 0) { return nullptr; }
  }
  return dict.release();
}

PyObject* info_out(const promoflow_release_info& info) {
  const Ref id(text_out(info.id));
  const Ref url(text_out(info.url));
  const Ref product(text_out(info.product));
  const Ref version(text_out(info.version));
  const Ref commit(text_out(info.commit_sha));
  if (!id || !url || !product || !version || !commit) { return nullptr; }
  return PyTuple_Pack(5, id.get(), url.get(), product.get(), version.get(), commit.get());
}

PyObject* writers_out(State* state, const promoflow_context_entry* entries, size_t count) {
  Ref dict(PyDict_New());
  for (size_t i = 0; dict && i < count; ++i) {
    const Ref key(name_out(state, entries[i].key));
    const Ref value(Py_BuildValue("(KO)", static_cast<unsigned long long>(entries[i].writer),
                                  entries[i].shadowed != 0 ? Py_True : Py_False));
    if (!key || !value || PyDict_SetItem(dict.get(), key.get(), value.get()) != 0) {
      return nullptr;
    }
  }
  return dict.release();
}

PyObject* conflicts_out(const promoflow_context_conflict* conflicts, size_t count) {
  Ref list(PyList_New(0));
  for (size_t i = 0; list && i < count; ++i) {
    const Ref key(text_out(conflicts[i].key));
    const Ref one(key ? Py_BuildValue("(OKK)", key.get(),
                                      static_cast<unsigned long long>(conflicts[i].earlier),
                                      static_cast<unsigned long long>(conflicts[i].later))
                      : nullptr);
    if (!one || PyList_Append(list.get(), one.get()) != 0) { return nullptr; }
  }
  return list.release();
}

PyObject* strings_out(State* state, const promoflow_str* names, size_t count) {
  Ref tuple(PyTuple_New(static_cast<Py_ssize_t>(count)));
  for (size_t i = 0; tuple && i < count; ++i) {
    PyObject* const text = name_out(state, names[i]);
    if (text == nullptr) { return nullptr; }
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), text);
  }
  return tuple.release();
}

PyObject* diagnostic_out(const promoflow_diagnostic& found) {
  const Ref code(text_out(promoflow_diagnostic_code_name(found.code)));
  const Ref severity(text_out(promoflow_severity_name(found.severity)));
  const Ref pointer(text_out(found.pointer));
  const Ref message(text_out(found.message));
  const Ref hint(text_out(found.hint));
  if (!code || !severity || !pointer || !message || !hint) { return nullptr; }
  return Py_BuildValue("(OOIIIIOOO)", code.get(), severity.get(), found.document, found.line,
                       found.column, found.length, pointer.get(), message.get(), hint.get());
}

}  // namespace promoflow_python
