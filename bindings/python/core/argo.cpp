// SPDX-License-Identifier: Apache-2.0
// Hooks on a cluster: the executor of an engine, and the check before a start. Where the library
// was built without libcurl, the module has no functions of theirs.
#include <deque>
#include <vector>

#include "core.hpp"
#if defined(PROMOFLOW_PYTHON_ENGINE)
#include "engine.hpp"
#endif
#if defined(PROMOFLOW_PYTHON_ARGO)
#include <promoflow/promoflow_argo.h>

namespace promoflow_python {

namespace {

/// (kubeconfig, context, namespace, argo_server, instance, cluster_templates, applications) as the
/// C ABI takes them; an application is (environment, name, namespace, repo_url, branch, path,
/// runtime).
class ArgoOptions {
 public:
  /// False: an exception is set.
  bool set(PyObject* options) {
    PyObject* config = nullptr;
    std::array<PyObject*, 4> fields{};
    PyObject* templates = nullptr;
    PyObject* applications = nullptr;
    if (PyArg_ParseTuple(options, "O&OOOOOO!", PyUnicode_FSConverter, &config, &fields[0],
                         &fields[1], &fields[2], &fields[3], &templates, &PyTuple_Type,
                         &applications) == 0) {
      return false;
    }
    config_ = Ref(config);
    static constexpr std::array<const char*, 4> kNames{"context", "namespace", "argo_server",
                                                       "instance"};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!texts_[i].set(fields[i], kNames[i])) { return false; }
    }
    if (!templates_.set(templates, "cluster_templates")) { return false; }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(applications); ++i) {
      if (!add_application(PyTuple_GET_ITEM(applications, i))) { return false; }
    }
    options_.struct_size = sizeof(options_);
    options_.kubeconfig = {PyBytes_AS_STRING(config_.get()),
                           static_cast<size_t>(PyBytes_GET_SIZE(config_.get()))};
    options_.context = texts_[0].get();
    options_.name_space = texts_[1].get();
    options_.argo_server = texts_[2].get();
    options_.instance = texts_[3].get();
    options_.cluster_templates = templates_.data();
    options_.cluster_template_count = templates_.size();
    options_.applications = applications_.data();
    options_.application_count = applications_.size();
    return true;
  }
  promoflow_argo_options& raw() { return options_; }

 private:
  bool add_application(PyObject* application) {
    Names& fields = parts_.emplace_back();
    if (!fields.set(application, "applications")) { return false; }
    if (fields.size() != 7) {
      PyErr_SetString(PyExc_TypeError, "an application has seven fields");
      return false;
    }
    const promoflow_str* const at = fields.data();
    applications_.push_back({at[0], at[1], at[2], at[3], at[4], at[5], at[6]});
    return true;
  }

  Ref config_;
  std::array<Text, 4> texts_;
  Names templates_;
  std::deque<Names> parts_;  // Their texts, which stay where they are.
  std::vector<promoflow_argo_application> applications_;
  promoflow_argo_options options_{};
};

/// What the executor's callbacks use: a store handle of their own, for it may be closed before.
struct Host {
  std::shared_ptr<Mailbox> mailbox;
  promoflow_store* store = nullptr;
};

int32_t is_settled(promoflow_str release_id, uint64_t ticket, void* user) noexcept {
  int32_t settled = 0;
  const promoflow_status status = promoflow_store_is_settled(static_cast<Host*>(user)->store,
                                                             release_id, ticket, &settled, nullptr);
  return status == PROMOFLOW_OK ? settled : 0;
}

void notice(promoflow_str message, void* user) noexcept {
  put_notice(static_cast<Host*>(user)->mailbox, message);
}

void destroy(void* user) noexcept {
  promoflow_store_free(static_cast<Host*>(user)->store);
  delete static_cast<Host*>(user);
}

}  // namespace

Argo::~Argo() {
  if (handle_ == nullptr) { return; }
  unlocked([this] {
    promoflow_argo_executor_free(handle_);
    return 0;
  });
}

bool Argo::make(State* state, PyObject* options, bool promotes, const promoflow_store* store,
                const std::shared_ptr<Mailbox>& mailbox) {
  ArgoOptions given;
  if (!given.set(options)) { return false; }
  promoflow_argo_options& raw = given.raw();
  auto host = std::make_unique<Host>(Host{mailbox});
  promoflow_executor promotions{};
  if (promotes) {
    promotions = callbacks_to(mailbox, false);
    // Python's calls end with the process, and are lost then; but workflows are left running.
    promotions.reports |= PROMOFLOW_REPORTS_SURVIVES;
    raw.promotions = &promotions;
  }
  promoflow_error* error = nullptr;
  promoflow_status status = promoflow_store_share(store, &host->store, &error);
  if (status == PROMOFLOW_OK) {
    raw.user = host.release();
    raw.is_settled = is_settled;
    raw.notice = notice;
    raw.destroy = destroy;
    status = promoflow_argo_executor_new(&raw, &handle_, &error);
  } else if (promotes) {
    promotions.destroy(promotions.user);
  }
  return fine(state, status, error);
}

bool Argo::fill(State* state, promoflow_executor* out) const {
  out->struct_size = sizeof(*out);
  promoflow_error* error = nullptr;
  const promoflow_status status = promoflow_argo_executor_callbacks(handle_, out, &error);
  return fine(state, status, error);
}

void Argo::wait_idle() const noexcept { promoflow_argo_executor_wait_idle(handle_); }

namespace {

struct FreeFindings {
  void operator()(promoflow_argo_findings* findings) const noexcept {
    promoflow_argo_findings_free(findings);
  }
};

/// argo_check(flow, options, kind, names, context_keys): [(severity, message, hint)]
PyObject* check(PyObject* module, PyObject* arguments) {
  State* const state = static_cast<State*>(PyModule_GetState(module));
  PyObject* flow_object = nullptr;
  PyObject* options_object = nullptr;
  int kind = 0;
  PyObject* names_object = nullptr;
  PyObject* keys_object = nullptr;
  ArgoOptions options;
  Names names;
  Names keys;
  if (PyArg_ParseTuple(arguments, "OOiOO", &flow_object, &options_object, &kind, &names_object,
                       &keys_object) == 0 ||
      !options.set(options_object) || !names.set(names_object, "environments") ||
      !keys.set(keys_object, "context_keys")) {
    return nullptr;
  }
  Flow* const of = flow_in(state, flow_object);
  if (of == nullptr) { return nullptr; }
  const Pin<promoflow_flow> flow(of, &promoflow_flow_free);
  const promoflow_selection selection{sizeof(selection), kind, names.data(), names.size()};
  promoflow_argo_findings* made = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status = unlocked([&] {
    return promoflow_argo_check(flow.get(), &options.raw(), &selection, keys.data(), keys.size(),
                                &made, &error);
  });
  const std::unique_ptr<promoflow_argo_findings, FreeFindings> findings(made);
  if (!fine(state, status, error)) { return nullptr; }
  Many<promoflow_argo_finding, 8> all;
  if (!all.read(state, [&](promoflow_argo_finding* out, size_t capacity, size_t* count) {
        return promoflow_argo_findings_list(findings.get(), out, sizeof(*out), capacity, count);
      })) {
    return nullptr;
  }
  return list_of(all, [](const promoflow_argo_finding& one) -> PyObject* {
    const Ref severity(text_out(promoflow_severity_name(one.severity)));
    const Ref message(text_out(one.message));
    const Ref hint(text_out(one.hint));
    if (!severity || !message || !hint) { return nullptr; }
    return PyTuple_Pack(3, severity.get(), message.get(), hint.get());
  });
}

/// argo_host_manifests(name, namespace): str
PyObject* host_manifests(PyObject* module, PyObject* arguments) {
  State* const state = static_cast<State*>(PyModule_GetState(module));
  PyObject* name_object = nullptr;
  PyObject* space_object = nullptr;
  Text name;
  Text space;
  if (PyArg_ParseTuple(arguments, "OO", &name_object, &space_object) == 0 ||
      !name.set(name_object, "name") || !space.set(space_object, "namespace")) {
    return nullptr;
  }
  promoflow_buffer* buffer = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status status =
      promoflow_argo_host_manifests(name.get(), space.get(), &buffer, &error);
  return buffer_or_fail(state, status, buffer, error);
}

}  // namespace

bool add_argo_functions(PyObject* module) {
  static PyMethodDef functions[] = {
      {"argo_check", check, METH_VARARGS, "(flow, options, kind, names, context_keys)"},
      {"argo_host_manifests", host_manifests, METH_VARARGS, "(name, namespace)"},
      {nullptr, nullptr, 0, nullptr}};
  return PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace promoflow_python
#else
namespace promoflow_python {

#if defined(PROMOFLOW_PYTHON_ENGINE)
Argo::~Argo() = default;
bool Argo::make(State* state, PyObject*, bool, const promoflow_store*,
                const std::shared_ptr<Mailbox>&) {
  fail_argument(state, "this build of promoflow has no executor on clusters", "executor");
  return false;
}
bool Argo::fill(State*, promoflow_executor*) const { return false; }
void Argo::wait_idle() const noexcept {}
#endif

bool add_argo_functions(PyObject*) { return true; }

}  // namespace promoflow_python
#endif
