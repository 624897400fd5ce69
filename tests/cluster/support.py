# SPDX-License-Identifier: Apache-2.0
"""What the tests on a cluster share: a namespace with hooks for each test, and the program.

Nothing here waits for a time to pass: whoever waits names what for, and a deadline after which the
test has failed.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import uuid
from pathlib import Path

import yaml

from api import GROUP
from control_plane import ControlPlane, kubeconfig

FOLDER = Path(__file__).resolve().parent
PROGRAM = os.environ.get("PROMOFLOW_PROGRAM", "")
FINAL = ("Succeeded", "Failed", "Terminated")
SECONDS = 120  # Until a test that waits for something gives up.

PROBE = {"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate", "spec": {
    "entrypoint": "main", "templates": [
        {"name": "main", "steps": [[{"name": "nothing", "template": "gate", "when": "false"}]]},
        {"name": "gate", "suspend": {}}]}}


def wait_until(what, condition, seconds=SECONDS):
    """Returns the first true answer of `condition()`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s there is still not: {what}")
        time.sleep(0.02)


def documents(name):
    """The manifests of a file beside this one."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [document for document in yaml.safe_load_all(text) if document]


def flow(name="billing", environments=("staging",), release=None, **hooks):
    """A manifest: a chain of environments behind dev; hooks={"onStart": [...]} go to the first."""
    steps, previous = [], "dev"
    for environment in environments:
        steps.append({"environment": environment, "dependsOn": [previous]})
        previous = environment
    if hooks:
        steps[0]["hooks"] = hooks
    spec = {"triggerEnvironment": "dev", "steps": steps}
    if release:
        spec["hooks"] = release
    return {"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
            "metadata": {"name": name}, "spec": spec}


class Program:
    """A call of promoflow that runs, and the lines that it has printed."""

    program = PROGRAM

    def __init__(self, arguments, environment, folder, errors=None):
        self.arguments = arguments
        self.lines = []
        self.errors = ((errors or folder) / f"stderr-{uuid.uuid4().hex[:8]}").open("w+b")
        self.process = subprocess.Popen(
            [self.program, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.errors, env=environment, cwd=folder)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode())

    @property
    def events(self):
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def matching(self, **members):
        return [event for event in self.events
                if all(event.get(name) == value for name, value in members.items())]

    def wait_for(self, seconds=SECONDS, **members):
        """The first event with these members, as soon as it is printed."""
        def found():
            events = self.matching(**members)
            if not events and self.process.poll() is not None:
                self.reader.join()
                if not self.matching(**members):
                    raise AssertionError(f"ended without {members}: {self.report()}")
            return events
        return wait_until(f"an event with {members}", found, seconds)[0]

    def end(self, seconds=SECONDS):
        """Waits for the end, and returns the exit status."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"does not end within {seconds} s: {self.report()}") from None
        self.reader.join()
        return status

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        return self.end()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.errors.close()

    @property
    def messages(self):
        self.errors.flush()
        return Path(self.errors.name).read_text(encoding="utf-8", errors="replace")

    def report(self):
        return (f"{' '.join(map(str, self.arguments))}\n{''.join(self.lines[-30:])}"
                f"{self.messages[-3000:]}")


class ClusterTest(unittest.TestCase):
    """A test with a namespace of its own, in which the templates of `hooks` are."""

    hooks = ("templates/without-pods.yaml",)
    plane = None
    door = ()  # Further options of the program, for a subclass: --argo-server.

    @classmethod
    def setUpClass(cls):
        cls.plane = ControlPlane(os.environ["PROMOFLOW_CLUSTER"])
        cls.api = cls.plane.api()

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="promoflow-cluster-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.enter_namespace()

    def enter_namespace(self):
        """A new one, with the templates of this test and a store of its own."""
        digest = hashlib.sha256(self.id().encode()).hexdigest()[:6]
        self.namespace = f"t-{digest}-{uuid.uuid4().hex[:6]}"
        self.api.create_namespace(self.namespace)
        templates = [document for file in self.hooks for document in documents(file)]
        self.apply(templates)
        self.store = self.folder / f"{self.namespace}.db"
        self.kubeconfig = self.write_kubeconfig("admin")

    # --- the cluster ------------------------------------------------------------------------------

    def apply(self, templates):
        """Creates them, and returns when the controller knows them all: it sees them in order."""
        last = f"probe-{uuid.uuid4().hex[:8]}"
        for document in [*templates, dict(PROBE, metadata={"name": last})]:
            self.api.apply(document, self.namespace)

        def known():
            probe = self.create_workflow(last, f"probe-{uuid.uuid4().hex[:8]}")
            status = wait_until("the end of the probe", lambda: self.ended(probe))
            self.api.delete(f"{GROUP}/namespaces/{self.namespace}/workflows/{probe}")
            return status["phase"] == "Succeeded"
        wait_until("the templates", known)

    def create_workflow(self, template, name, **spec):
        parameters = spec.pop("parameters", {})
        self.api.apply({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": name},
            "spec": {"workflowTemplateRef": {"name": template}, "arguments": {"parameters": [
                {"name": key, "value": value} for key, value in parameters.items()]}, **spec},
        }, self.namespace)
        return name

    def ended(self, name):
        """The status of a Workflow that has ended, else None."""
        workflow = self.api.workflow(self.namespace, name)
        status = workflow.get("status", {}) if workflow else {}
        return status if status.get("phase") in ("Succeeded", "Failed", "Error") else None

    def workflows(self, release=None):
        """The Workflows of a release, or all, by age."""
        query = {"labelSelector": f"promoflow.dev/release={release}"} if release else {}
        found = self.api.workflows(self.namespace, **query)
        return sorted(found, key=lambda w: (w["metadata"]["creationTimestamp"],
                                            w["metadata"]["name"]))

    def write_kubeconfig(self, name, token=None, server=None):
        certificate, key = self.plane.certificates.pair("admin")
        user = {"token": token} if token else {
            "client-certificate": str(certificate), "client-key": str(key)}
        file = self.folder / f"{name}.kubeconfig"
        text = kubeconfig(user, authority=self.plane.certificates.authority,
                          namespace=self.namespace, **({"server": server} if server else {}))
        file.write_text(text, encoding="utf-8")
        return file

    def host_role(self):
        """What `promoflow manifests host` prints, applied to the cluster; and a token with it."""
        status, text = self.call("manifests", "host", "--namespace", self.namespace)
        self.assertEqual(status, 0, text)
        printed = [document for document in yaml.safe_load_all(text) if document]
        for document in printed:
            self.api.apply(document, self.namespace)
        account, = [document for document in printed if document["kind"] == "ServiceAccount"]
        return printed, self.api.token(self.namespace, account["metadata"]["name"])

    # --- the program ------------------------------------------------------------------------------

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "USER": "tester",
                "XDG_STATE_HOME": str(self.folder)}

    def start(self, command, *arguments):
        """Starts promoflow and returns at once; the test ends it if it still runs."""
        program = Program([command, *arguments], self.environment(), self.folder)
        self.addCleanup(program.close)
        return program

    def start_release(self, manifest, release="r-1", *arguments, kubeconfig_file=None,
                      promotions=("--no-promotions",)):
        file = self.folder / f"{release}.json"
        file.write_text(json.dumps(manifest), encoding="utf-8")
        return self.start("run", file, *self.executor(kubeconfig_file), *promotions,
                          "--set", f"release.id={release}", "--store", self.store,
                          "--format", "jsonl", *arguments)

    def executor(self, kubeconfig_file=None):
        return ["--executor", "argo", "--namespace", self.namespace,
                "--kubeconfig", kubeconfig_file or self.kubeconfig, *self.door]

    def run_release(self, manifest, release="r-1", *arguments, **options):
        """Runs a release to its end. The exit status is in `.process.returncode`."""
        program = self.start_release(manifest, release, *arguments, **options)
        program.end()
        return program

    def call(self, command, *arguments):
        """Runs a short command to its end; returns its exit status and its output."""
        program = self.start(command, *arguments)
        status = program.end()
        return status, "".join(program.lines) + program.messages

    def show(self, release="r-1"):
        status, text = self.call("show", release, "--store", self.store, "--format", "json")
        self.assertEqual(status, 0, text)
        return json.loads(text)
