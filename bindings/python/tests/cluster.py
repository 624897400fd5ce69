# SPDX-License-Identifier: Apache-2.0
"""An API server for tests, on the loopback: it holds workflows, and runs them as the names of their
templates say. ``endless`` runs until it is stopped, ``fail...`` fails, every other one succeeds and
exports ``{"BY": name}``; there is no template ``missing``."""

import copy
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

CONFIG = """
current-context: tests
contexts: [{{name: tests, context: {{cluster: c, user: u, namespace: argo}}}}]
clusters: [{{name: c, cluster: {{server: "{}", insecure-skip-tls-verify: true}}}}]
users: [{{name: u, user: {{token: secret-of-the-tests}}}}]
"""


def merge(into, patch):
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def json_patch(into, operations):
    """The operations that the executor sends; False: a test of them fails."""
    for one in operations:
        *path, last = [part.replace("~1", "/").replace("~0", "~")
                       for part in one["path"].split("/")[1:]]
        place = into
        for part in path:
            place = place[int(part) if isinstance(place, list) else part]
        key = int(last) if isinstance(place, list) else last
        if one["op"] == "test":
            if place[key] != one["value"]:
                return False
        elif one["op"] == "remove":
            del place[key]
        else:
            place[key] = one["value"]
    return True


class Cluster:
    def __init__(self):
        self.changed = threading.Condition()
        self.objects, self.events, self.created, self.allowed = {}, [], [], True
        self._version, self._stopping = 100, False
        handler = type("Handler", (_Handler,), {"cluster": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        with self.changed:
            self._stopping = True
            self.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def config(self, path):
        path.write_text(CONFIG.format(self.url), encoding="utf-8")
        return path

    def wait_for(self, condition):
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self.objects), timeout=60)

    def note(self, kind, name):
        """The condition is held, here and below."""
        self._version += 1
        found = self.objects[name]
        found["metadata"]["resourceVersion"] = str(self._version)
        self.events.append((self._version, {"type": kind, "object": copy.deepcopy(found)}))
        self.changed.notify_all()

    def create(self, body):
        name = body["metadata"]["name"]
        if name in self.objects:
            return 409, {"kind": "Status", "reason": "AlreadyExists", "message": name}
        body["metadata"]["uid"] = f"uid-{len(self.created)}"
        self.created.append(name)
        self.objects[name] = body
        answer = copy.deepcopy(body)
        self.note("ADDED", name)
        hook = body["spec"]["workflowTemplateRef"]["name"]
        if hook == "endless":
            self.end(name, "Running")
        elif hook.startswith("fail"):
            self.end(name, "Failed", message=f"{hook} is broken")
        else:
            self.end(name, "Succeeded", outputs={"parameters": [
                {"name": "PROMOTION_CONTEXT", "value": json.dumps({"BY": hook})}]})
        return 201, answer

    def end(self, name, phase, **more):
        merge(self.objects[name], {"status": {"phase": phase, **more}})
        self.note("MODIFIED", name)

    def patch(self, name, body):
        found = self.objects[name]
        if isinstance(body, list):
            if not json_patch(found, body):
                return 422, {"kind": "Status", "reason": "Invalid", "message": "a test failed"}
        else:
            merge(found, body)
        self.note("MODIFIED", name)
        answer = copy.deepcopy(found)
        if isinstance(body, dict) and "shutdown" in body.get("spec", {}):
            self.end(name, "Failed", message="Stopped with strategy 'Stop'")
        return 200, answer

    def answer(self, method, path, body):
        *_, kind, last = path.split("/")
        if last == "selfsubjectaccessreviews":
            return 201, {"status": {"allowed": self.allowed}}
        if kind.endswith("workflowtemplates"):
            if last == "missing":
                return 404, {"kind": "Status", "reason": "NotFound", "message": "no such template"}
            marks = {"codefresh.io/workflow-origin": "promotion"}
            return 200, {"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate",
                         "metadata": {"name": last, "annotations": marks},
                         "spec": {"entrypoint": "main"}}
        if method == "POST":
            return self.create(body)
        if last == "workflows":
            return 200, {"metadata": {"resourceVersion": str(self._version)},
                         "items": list(self.objects.values())}
        if last not in self.objects:
            return 404, {"kind": "Status", "reason": "NotFound", "message": "no such workflow"}
        return self.patch(last, body) if method == "PATCH" else (200, self.objects[last])

    def lines(self, since):
        """The events behind that version, as they come; ends when the cluster stops."""
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self._stopping or
                                      (self.events and self.events[-1][0] > since))
                if self._stopping:
                    return
                new = [event for at, event in self.events if at > since]
                since = self._version
            yield "".join(json.dumps(event) + "\n" for event in new).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: Cluster

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except ConnectionError:  # The client has gone.
            self.close_connection = True

    def _answer(self):
        target = urlsplit(self.path)
        query = parse_qs(target.query)
        if "watch" in query:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for lines in self.cluster.lines(int(query["resourceVersion"][0])):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(lines), lines))
            self.close_connection = True
            return
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.cluster.changed:
            status, body = self.cluster.answer(self.command, target.path,
                                               json.loads(text) if text else None)
            content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = _answer
