# SPDX-License-Identifier: Apache-2.0
"""A Kubernetes control plane with Argo Workflows and without nodes: etcd, kube-apiserver, the
workflow-controller and argo-server, each a process of this machine.

    control_plane.py up STATE BINARIES      starts all, and returns when they answer
    control_plane.py status STATE           what runs; exit status 1 if something does not

Parts of it listen on all interfaces and at fixed ports, so it runs in a network namespace of its
own: tools/cluster.sh calls this file there. What is started outlives this process.
"""

import os
import signal
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from api import Api
from certificates import Certificates

ETCD = "http://127.0.0.1:2379"
API_SERVER = "https://127.0.0.1:6443"
ARGO_SERVER = "http://127.0.0.1:2746"
NAMESPACE = "argo"  # Where the controller has its ConfigMap; it runs workflows of all namespaces.
PARTS = ("etcd", "kube-apiserver", "workflow-controller", "argo-server")
READY_SECONDS = 120


def kubeconfig(user, server=API_SERVER, authority=None, namespace="default"):
    """The text of a kubeconfig with one context, named test."""
    cluster = {"server": server}
    if authority:
        cluster["certificate-authority"] = str(authority)
    return yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": user}],
        "contexts": [{"name": "test", "context": {
            "cluster": "test", "user": "test", "namespace": namespace}}]})


def born(pid):
    """When a process began, in ticks since the boot; None if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


def is_there(pid):
    """Whether a process or one of its threads still runs: its sockets are closed with the last."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != pid
    except ChildProcessError:
        pass  # Another process has started it.
    try:
        return born(pid) is not None or len(os.listdir(f"/proc/{pid}/task")) > 1
    except (FileNotFoundError, ProcessLookupError):
        return False


class ControlPlane:
    """Starts, kills and restarts the parts. Everything it keeps is below the folder `state`."""

    def __init__(self, state, binaries=None):
        self.state = Path(state)
        self.certificates = Certificates(self.state / "certificates")
        self.kubeconfig = self.state / "kubeconfig"
        links = self.state / "bin"
        self.binaries = Path(binaries) if binaries else links
        self.flags = {}  # Further flags of a part, for tests: {"kube-apiserver": ["--v=2"]}.

    # --- one part ---------------------------------------------------------------------------------

    def command(self, part):
        certificate, key = self.certificates.pair("server")
        program = [str(self.binaries / {"argo-server": "argo"}.get(part, part))]
        flags = {
            "etcd": [
                f"--data-dir={self.state / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn",
                f"--listen-client-urls={ETCD}", f"--advertise-client-urls={ETCD}",
                "--listen-peer-urls=http://127.0.0.1:2380", "--max-request-bytes=8388608"],
            "kube-apiserver": [
                f"--etcd-servers={ETCD}", "--bind-address=127.0.0.1", "--secure-port=6443",
                "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
                "--service-cluster-ip-range=10.96.0.0/24", "--authorization-mode=RBAC",
                "--disable-admission-plugins=ServiceAccount",  # No controller makes their tokens.
                f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
                f"--client-ca-file={self.certificates.authority}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={self.certificates.service_accounts}",
                f"--service-account-signing-key-file={self.certificates.service_accounts}"],
            "workflow-controller": [
                f"--kubeconfig={self.kubeconfig}", f"--namespace={NAMESPACE}",
                "--executor-image=none:0", "--qps=500", "--burst=1000"],
            "argo-server": [
                "server", "--auth-mode=server", "--auth-mode=client", "--secure=false",
                f"--namespace={NAMESPACE}", f"--kubeconfig={self.kubeconfig}"],
        }[part]
        return program + flags + self.flags.get(part, [])

    def start(self, part):
        """Starts a part as a process that outlives this one. It need not answer yet."""
        environment = dict(os.environ, LEADER_ELECTION_DISABLE="true", DEFAULT_REQUEUE_TIME="1s",
                           KUBECONFIG=str(self.kubeconfig), HOME=str(self.state))
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            environment.pop(name, None)
        command = self.command(part)
        appended = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        pid = os.posix_spawn(command[0], command, environment, setsid=True, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(self.state / f"{part}.log"), appended, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2)])
        (self.state / f"{part}.pid").write_text(
            f"{pid} {born(pid)}", encoding="ascii")

    def pid(self, part):
        """The process of a part, or None. A pid that another process has by now does not count."""
        try:
            pid, since = (self.state / f"{part}.pid").read_text(encoding="ascii").split()
        except FileNotFoundError:
            return None
        return int(pid) if born(int(pid)) == since else None

    def kill(self, part, number=signal.SIGKILL):
        """Ends a part and waits until it is gone. Nothing happens if it does not run."""
        pid = self.pid(part)
        if pid is None:
            return
        os.kill(pid, number)
        deadline = time.monotonic() + 30
        while is_there(pid):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{part} (process {pid}) does not end")
            time.sleep(0.01)

    def restart(self, part):
        self.kill(part)
        self.start(part)
        self.wait_until_ready(part)

    # --- readiness --------------------------------------------------------------------------------

    def ask(self, url):
        """Whether a GET of this address is answered with 200."""
        context = None
        if url.startswith("https"):
            context = ssl.create_default_context(cafile=self.certificates.authority)
            context.load_cert_chain(*self.certificates.pair("admin"))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context) if context
            else urllib.request.HTTPHandler())
        try:
            with opener.open(url, timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def is_ready(self, part):
        if self.pid(part) is None:
            return False
        return self.ask({
            "etcd": f"{ETCD}/health", "kube-apiserver": f"{API_SERVER}/readyz",
            "workflow-controller": "http://127.0.0.1:6060/healthz",
            "argo-server": f"{ARGO_SERVER}/api/v1/info"}[part])

    def wait_until_ready(self, part):
        deadline = time.monotonic() + READY_SECONDS
        while not self.is_ready(part):
            if self.pid(part) is None:
                raise RuntimeError(f"{part} has ended:\n{self.log_tail(part)}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{part} is not ready:\n{self.log_tail(part)}")
            time.sleep(0.05)

    def log_tail(self, part, lines=15):
        log = self.state / f"{part}.log"
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    # --- all of it --------------------------------------------------------------------------------

    def up(self):
        """Starts everything from nothing, and returns when a workflow can be run."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        links = self.state / "bin"
        if self.binaries != links:
            links.unlink(missing_ok=True)
            links.symlink_to(self.binaries)
        self.certificates.create()
        certificate, key = self.certificates.pair("admin")
        self.kubeconfig.write_text(kubeconfig(
            {"client-certificate": str(certificate), "client-key": str(key)},
            authority=self.certificates.authority, namespace="hooks"), encoding="utf-8")
        for part in ("etcd", "kube-apiserver"):
            self.start(part)
            self.wait_until_ready(part)
        api = self.api()
        for file in sorted((self.binaries / "crds").glob("*.yaml")):
            for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
                if document and document["kind"] == "CustomResourceDefinition":
                    api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", document)
        for name in (NAMESPACE, "hooks"):
            api.create_namespace(name)
        api.create(f"/api/v1/namespaces/{NAMESPACE}/configmaps", {
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "workflow-controller-configmap"},
            "data": {"metricsConfig": "enabled: false\n", "telemetryConfig": "enabled: false\n"}})
        self.wait_for_crds(api)
        for part in ("workflow-controller", "argo-server"):
            self.start(part)
        for part in ("workflow-controller", "argo-server"):
            self.wait_until_ready(part)

    def wait_for_crds(self, api):
        deadline = time.monotonic() + READY_SECONDS
        while True:
            found = api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
            conditions = [[c["type"] for c in crd["status"].get("conditions") or []
                           if c["status"] == "True"] for crd in found]
            if found and all("Established" in one for one in conditions):
                return
            if time.monotonic() > deadline:
                raise TimeoutError("the kinds of Argo Workflows are not established")
            time.sleep(0.05)

    def api(self):
        return Api(API_SERVER, self.certificates.authority, self.certificates.pair("admin"))

    def status(self):
        return {part: "ready" if self.is_ready(part)
                else "starting" if self.pid(part) else "not running" for part in PARTS}


def main(arguments):
    if arguments[:1] == ["up"] and len(arguments) == 3:
        ControlPlane(*arguments[1:]).up()
        return 0
    if arguments[:1] == ["status"] and len(arguments) == 2:
        status = ControlPlane(arguments[1]).status()
        for part, state in status.items():
            print(f"{part}: {state}")
        return 0 if set(status.values()) == {"ready"} else 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
