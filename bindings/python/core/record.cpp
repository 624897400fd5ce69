// SPDX-License-Identifier: Apache-2.0
// Records of a release or a trace, as tuples.
#include "core.hpp"

namespace promoflow_python {
namespace {

struct Word {
  int32_t kind;
  const char* word;  ///< As traces spell it.
};

constexpr std::array<Word, 21> kWords{{
    {PROMOFLOW_EVENT_TICK, "tick"},
    {PROMOFLOW_EVENT_HOOK_SUCCEEDED, "hook-succeeded"},
    {PROMOFLOW_EVENT_HOOK_FAILED, "hook-failed"},
    {PROMOFLOW_EVENT_PROMOTION_SUCCEEDED, "promotion-succeeded"},
    {PROMOFLOW_EVENT_PROMOTION_FAILED, "promotion-failed"},
    {PROMOFLOW_EVENT_SUSPENDED, "suspended"},
    {PROMOFLOW_EVENT_RESUMED, "resumed"},
    {PROMOFLOW_EVENT_TERMINATE, "terminate"},
    {PROMOFLOW_EVENT_RETRY, "retry"},
    {PROMOFLOW_RECORD_RELEASE, "release"},
    {PROMOFLOW_RECORD_ENVIRONMENT, "environment"},
    {PROMOFLOW_RECORD_RUN_HOOK, "hook"},
    {PROMOFLOW_RECORD_PROMOTE, "promote"},
    {PROMOFLOW_RECORD_CANCEL, "cancel"},
    {PROMOFLOW_RECORD_REFUSED, "refused"},
    {PROMOFLOW_EVENT_QUEUED, "queued"},
    {PROMOFLOW_EVENT_STARTED, "started"},
    {PROMOFLOW_EVENT_SKIP, "skip"},
    {PROMOFLOW_RECORD_SOAKED, "soaked"},
    {PROMOFLOW_RECORD_CONFLICT, "conflict"},
    {PROMOFLOW_RECORD_SHADOWED, "shadowed"},
}};

promoflow_str word_of(int32_t kind) {
  for (const Word& word : kWords) {
    if (word.kind == kind) { return view(word.word); }
  }
  return view("unknown");
}

PyObject* status_out(State* state, const promoflow_record& raw) {
  switch (raw.kind) {
    case PROMOFLOW_RECORD_RELEASE:
      return name_out(state, promoflow_release_status_name(raw.status));
    case PROMOFLOW_RECORD_ENVIRONMENT:
      return name_out(state, promoflow_environment_status_name(raw.status));
    case PROMOFLOW_RECORD_REFUSED: return name_out(state, promoflow_status_name(raw.status));
    default: return own(Py_None);
  }
}

}  // namespace

PyObject* record_out(State* state, const promoflow_record& raw, const promoflow_flow* flow,
                     PyObject* command, PyObject* json, PyObject* environments) {
  promoflow_str name{nullptr, 0};
  if (raw.environment != PROMOFLOW_NO_ENVIRONMENT &&
      !fine(state, promoflow_flow_environment_name(flow, raw.environment, &name))) {
    return nullptr;
  }
  const Ref event(name_out(state, word_of(raw.kind)));
  const Ref at(PyLong_FromLongLong(raw.at_ms));
  const bool has_ticket = raw.ticket != 0 || raw.kind == PROMOFLOW_RECORD_SHADOWED;
  const Ref ticket(has_ticket ? PyLong_FromUnsignedLongLong(raw.ticket) : own(Py_None));
  const Ref status(status_out(state, raw));
  const Ref environment(name.data == nullptr ? own(Py_None) : name_out(state, name));
  const Ref text(optional_out(raw.text));
  const Ref context(optional_out(raw.context));
  const Ref by(optional_out(raw.by));
  const Ref earlier(raw.kind == PROMOFLOW_RECORD_CONFLICT ? PyLong_FromUnsignedLongLong(raw.earlier)
                                                          : own(Py_None));
  if (!event || !at || !ticket || !status || !environment || !text || !context || !by || !earlier) {
    return nullptr;
  }
  return PyTuple_Pack(13, event.get(), at.get(), ticket.get(), status.get(), environment.get(),
                      text.get(), context.get(), command, json, by.get(),
                      raw.force != 0 ? Py_True : Py_False, environments, earlier.get());
}

}  // namespace promoflow_python
