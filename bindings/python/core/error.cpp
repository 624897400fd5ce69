// SPDX-License-Identifier: Apache-2.0
// From a status to an exception: which class is promoflow/errors.py's to say.
#include "core.hpp"

namespace promoflow_python {
namespace {

PyObject* raise(State* state, promoflow_str code, promoflow_str message, promoflow_str where) {
  const Ref code_text(text_out(code));
  const Ref message_text(text_out(message));
  const Ref where_text(text_out(where));
  if (!code_text || !message_text || !where_text) { return nullptr; }
  const Ref exception(PyObject_CallFunctionObjArgs(state->make_error, code_text.get(),
                                                   message_text.get(), where_text.get(), nullptr));
  if (exception) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.get())), exception.get());
  }
  return nullptr;
}

}  // namespace

PyObject* fail(State* state, promoflow_status status, promoflow_error* error) {
  if (status == PROMOFLOW_E_OUT_OF_MEMORY) {
    promoflow_error_free(error);
    return PyErr_NoMemory();
  }
  raise(state, promoflow_status_name(status), promoflow_error_message(error),
        promoflow_error_where(error));
  promoflow_error_free(error);
  return nullptr;
}

PyObject* fail_argument(State* state, const char* message, const char* where) {
  return raise(state, promoflow_status_name(PROMOFLOW_E_INVALID_ARGUMENT), view(message),
               view(where));
}

PyObject* fail_closed(State* state) {
  return raise(state, view("closed"), view("it has been closed"), view(""));
}

}  // namespace promoflow_python
