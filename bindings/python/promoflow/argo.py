# SPDX-License-Identifier: Apache-2.0
"""Hooks on a cluster: an executor for engines whose hooks are Argo Workflows."""

from __future__ import annotations

import os
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Protocol, Union

from . import _core
from .engine import EnginePromotionCall, OnCluster
from .flow import Flow
from .values import Names, selected


class ArgoFinding(NamedTuple):
    """Something that speaks against running a flow on a cluster."""

    severity: str
    """``error``: a hook would fail, or nothing would work; or ``warning``."""
    message: str
    hint: str
    """What to do; may be empty."""


class ArgoApplication(NamedTuple):
    """An application of an environment, which is promoted on its own."""

    name: str
    """No two of an environment have the same one."""
    namespace: str = ""
    repo_url: str = ""
    branch: str = ""
    path: str = ""
    """In the repository."""
    runtime: str = ""


class ArgoPromotions(Protocol):
    """What promotes: a coroutine function for :class:`promoflow.aio.Engine`, else a function. It is
    not called where a policy says ``action: none``."""

    def promote_environment(self, call: EnginePromotionCall) -> Any:
        """Promote the release into an environment."""


class ArgoExecutor(OnCluster):
    """Each hook is a Workflow on a cluster, made of the WorkflowTemplate of its name. For
    :class:`promoflow.Engine` and :class:`promoflow.aio.Engine`, several of them if need be::

        argo = promoflow.ArgoExecutor(namespace="billing-hooks", promotions=Promotions())
        for finding in argo.check(flow):
            print(finding.severity, finding.message, finding.hint)
        with promoflow.Engine(store, argo) as engine:
            engine.resume_all()
            engine.start(flow, id="r-42")
            print(engine.wait("r-42"))

    Workflows outlive the process, also if it is killed: the next engine on the same store finds
    each by its name. Promotions are calls of ``promotions`` in this process, as of any other
    executor of an engine; without it they fail.

    ``kubeconfig``: a path; else those of ``$KUBECONFIG``, else ``~/.kube/config``, else, in a pod,
    its service account. ``context``: of it; else the current one. ``namespace``: of the workflows;
    else that of the context. ``cluster_templates``: hooks whose templates are
    ClusterWorkflowTemplates, ``*`` for all. ``instance``: hosts that go on with each other's
    releases have the same one. ``argo_server``: the URL of an Argo Server, to be used instead of
    the API server. ``applications``: by environment, those that are promoted each on its own, all
    at once: ``promotions`` is called for each, with ``APP_NAME``, ``APP_NAMESPACE``, ``REPO_URL``,
    ``BRANCH``, ``PATH`` and ``RUNTIME`` in the call's arguments, between its own preAction and
    postAction. What it returns may say what it has committed, for the postAction: ``COMMIT_SHA``,
    ``COMMIT_AUTHOR``, ``COMMIT_MESSAGE``, ``COMMIT_DATE``. The promotion has failed if one of them
    has.

    What is to be told to whoever runs the host, as that the server is not reached, is logged as a
    warning of ``promoflow``. An option that is wrong raises :class:`InvalidArgumentError` when an
    engine is made with it, or by :meth:`check`."""

    def __init__(self, *, kubeconfig: Union[str, os.PathLike[str]] = "", context: str = "",
                 namespace: str = "", argo_server: str = "", instance: str = "promoflow",
                 cluster_templates: Iterable[str] = (),
                 promotions: Optional[ArgoPromotions] = None,
                 applications: Optional[Mapping[str, Iterable[ArgoApplication]]] = None) -> None:
        names = ((cluster_templates,) if isinstance(cluster_templates, str)
                 else tuple(cluster_templates))
        self.promotions = promotions
        each = tuple((environment, *ArgoApplication(*one))
                     for environment, of_it in (applications or {}).items() for one in of_it)
        self._options = (os.fspath(kubeconfig), context, namespace, argo_server, instance, names,
                         each)

    def check(self, flow: Flow, *, skip: Optional[Names] = None, until: Optional[Names] = None,
              only: Optional[Names] = None,
              context_keys: Iterable[str] = ()) -> list[ArgoFinding]:
        """Ask the cluster whether the flow's hooks can run: that each template is there, is marked
        as a promotion's, and declares no parameter that nobody provides; that the host may do what
        it must. Starts nothing, and blocks. ``context_keys``: those that the release starts with.
        That the server is not reached is a finding; nothing is found through an Argo Server."""
        kind, names = selected(skip, until, only)
        keys = (context_keys,) if isinstance(context_keys, str) else tuple(context_keys)
        return [ArgoFinding(*found) for found in
                _core.argo_check(flow, self._options, kind, names, keys)]

    @staticmethod
    def host_manifests(name: str, namespace: str) -> str:
        """A ServiceAccount, a Role and a RoleBinding with the least rights of a host, as YAML."""
        return _core.argo_host_manifests(name, namespace)
