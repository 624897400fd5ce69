# SPDX-License-Identifier: Apache-2.0
"""Runs the containers of workflows as processes of this machine, in the place of nodes.

The controller makes a pod for each script and container template and waits until its status says
how it ended. This class does with a pod what a node and Argo's executor do: it runs the main
container, posts what it put out as a WorkflowTaskResult, and sets the status. Each process has a
/tmp of its own. There are no images: `images` says which program stands for an image.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from api import GROUP, ApiError

PODS = "/api/v1/pods"
OF_A_WORKFLOW = "workflows.argoproj.io/workflow"
PRIVATE_TMP = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /tmp && exec "$@"']


class Kubelet:
    """Serves all namespaces from `start()` to `stop()`."""

    def __init__(self, api, images=None, environment=None):
        self.api = api
        self.images = images or {}
        self.environment = environment or {}  # Further variables of every process.
        self.processes = {}  # uid of a pod -> its process; None before it has begun
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.failures = []  # What went wrong here, not in a pod.
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def stop(self):
        self.stopping.set()
        with self.lock:
            running = [process for process in self.processes.values() if process]
        for process in running:
            end(process)

    # --- pods -------------------------------------------------------------------------------------

    def serve(self):
        while not self.stopping.is_set():
            try:
                listed = self.api.get(PODS, labelSelector=OF_A_WORKFLOW)
                for pod in listed["items"]:
                    self.see(pod)
                version = listed["metadata"]["resourceVersion"]
                for kind, pod in self.api.watch(PODS, version, labelSelector=OF_A_WORKFLOW):
                    if self.stopping.is_set():
                        return
                    if kind in ("ADDED", "MODIFIED"):
                        self.see(pod)
                    elif kind == "DELETED":
                        self.forget(pod)
                    elif kind == "ERROR":
                        break
            except (OSError, ValueError, ApiError):
                time.sleep(0.2)  # The API server is being restarted by a test.

    def see(self, pod):
        uid = pod["metadata"]["uid"]
        if pod["metadata"].get("deletionTimestamp"):
            self.forget(pod)
            return
        if pod["status"].get("phase", "Pending") != "Pending":
            return
        with self.lock:
            if uid in self.processes:
                return
            self.processes[uid] = None
        threading.Thread(target=self.guarded_run, args=(pod,), daemon=True).start()

    def forget(self, pod):
        with self.lock:
            process = self.processes.get(pod["metadata"]["uid"])
        if process:
            end(process)

    def guarded_run(self, pod):
        folder = Path(tempfile.mkdtemp(prefix="pod-"))
        try:
            self.run(pod, folder)
        except (OSError, ValueError, KeyError, ApiError) as error:
            self.failures.append(f"{pod['metadata']['name']}: {error!r}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # --- one pod ----------------------------------------------------------------------------------

    def run(self, pod, folder):
        variables = {v["name"]: v.get("value", "")
                     for c in pod["spec"]["initContainers"] for v in c.get("env", [])}
        template = json.loads(variables["ARGO_TEMPLATE"])
        main = template.get("script") or template["container"]
        command = self.images.get(main["image"])
        if command is None:
            command = main.get("command", []) + main.get("args", [])
        if "script" in template:
            (folder / "script").write_text(main["source"], encoding="utf-8")
            command = command + ["/tmp/script"]
        environment = dict(os.environ, **self.environment)
        environment.update((v["name"], v.get("value", "")) for v in main.get("env", []))
        process = subprocess.Popen(
            PRIVATE_TMP + [str(folder)] + command, env=environment, cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True)
        with self.lock:
            self.processes[pod["metadata"]["uid"]] = process
        output = process.communicate()[0].decode(errors="replace")
        code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        outputs, problem = collect(template, folder, output, code)
        self.persist(lambda: self.post(pod, variables["ARGO_NODE_ID"], outputs))
        self.persist(lambda: self.set_status(pod, code, problem))

    def persist(self, call):
        """Does a request again until the API server takes it; a pod that is gone needs none."""
        deadline = time.monotonic() + 60
        while not self.stopping.is_set():
            try:
                return call()
            except ApiError as error:
                if error.status in (404, 409):
                    return None
                if error.status < 500 and error.status != 429 or time.monotonic() > deadline:
                    raise
            except OSError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)
        return None

    def post(self, pod, node, outputs):
        """The executor of a pod does this as the hook's service account, if there is one."""
        namespace = pod["metadata"]["namespace"]
        self.of_account(namespace, pod["spec"].get("serviceAccountName", "default")).create(
            f"{GROUP}/namespaces/{namespace}/workflowtaskresults", {
                "apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTaskResult",
                "metadata": {"name": node, "labels": {
                    OF_A_WORKFLOW: pod["metadata"]["labels"][OF_A_WORKFLOW],
                    "workflows.argoproj.io/report-outputs-completed": "true"}},
                "outputs": outputs})

    def of_account(self, namespace, account):
        if not self.api.find(f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}"):
            return self.api
        return self.api.with_token(self.api.token(namespace, account))

    def set_status(self, pod, code, problem):
        statuses = {"main": terminated(code), "wait": terminated(1 if problem else 0, problem)}
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        self.api.merge(path + "/status", {"status": {
            "phase": "Failed" if code or problem else "Succeeded",
            "initContainerStatuses": [container_status("init", terminated(0))],
            "containerStatuses": [container_status(name, state)
                                  for name, state in statuses.items()]}})


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def collect(template, folder, output, code):
    """The outputs of a template that has run, and what is wrong with them, or None."""
    parameters, problem = [], None
    for parameter in template.get("outputs", {}).get("parameters", []):
        source = parameter.get("valueFrom", {})
        path = source.get("path")
        if not path:
            continue
        file = folder / Path(path).relative_to("/tmp")
        if file.is_file():
            value = file.read_text(encoding="utf-8").removesuffix("\n")
        elif "default" in source:
            value = source["default"]
        else:
            problem = f"cannot save parameter {path}: there is no such file"
            continue
        parameters.append(dict(parameter, value=value))
    outputs = {"parameters": parameters, "exitCode": str(code)}
    if "script" in template:
        outputs["result"] = output.removesuffix("\n")
    return outputs, problem


def terminated(code, message=None):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    state = {"exitCode": code, "reason": "Error" if code else "Completed", "startedAt": now,
             "finishedAt": now}
    if message:
        state["message"] = message
    return {"terminated": state}


def container_status(name, state):
    return {"name": name, "image": "none", "imageID": "", "ready": False, "restartCount": 0,
            "state": state}
