# SPDX-License-Identifier: Apache-2.0
"""A small client of the Kubernetes API: what the tests look at and set up themselves, without the
code that they test."""

import http.client
import json
import ssl
import urllib.parse

GROUP = "/apis/argoproj.io/v1alpha1"


class ApiError(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class Api:
    """One connection for each request, so that it may be used from any thread, at any time."""

    def __init__(self, server, authority=None, pair=None, token=None, timeout=60):
        self.address = urllib.parse.urlsplit(server)
        self.authority = authority
        self.bearer = token
        self.timeout = timeout
        self.tls = None
        if self.address.scheme == "https":
            self.tls = ssl.create_default_context(cafile=authority)
            if pair:
                self.tls.load_cert_chain(*pair)

    def connect(self, timeout=None):
        arguments = {"timeout": timeout or self.timeout}
        if self.tls:
            return http.client.HTTPSConnection(self.address.netloc, context=self.tls, **arguments)
        return http.client.HTTPConnection(self.address.netloc, **arguments)

    def headers(self, content=None):
        headers = {"Accept": "application/json"}
        if content:
            headers["Content-Type"] = content
        if self.bearer:
            headers["Authorization"] = f"Bearer {self.bearer}"
        return headers

    def with_token(self, token):
        """The same server, asked as whoever has this token."""
        return Api(self.address.geturl(), self.authority, token=token, timeout=self.timeout)

    def request(self, method, path, body=None, content="application/json"):
        """The answer's object. An answer that is no success raises ApiError."""
        connection = self.connect()
        try:
            text = None if body is None else json.dumps(body).encode()
            connection.request(method, path, text, self.headers(content if text else None))
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            try:
                message = json.loads(data)["message"]
            except (ValueError, KeyError, TypeError):
                message = data.decode(errors="replace")
            raise ApiError(answer.status, message)
        return json.loads(data) if data else None

    def get(self, path, **query):
        return self.request("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def find(self, path):
        """The object, or None if there is none."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def create(self, path, body):
        return self.request("POST", path, body)

    def merge(self, path, body):
        return self.request("PATCH", path, body, "application/merge-patch+json")

    def delete(self, path):
        return self.request("DELETE", path)

    def watch(self, path, version, timeout=300, **query):
        """The events of a watch as (type, object). It ends when the server ends it."""
        query.update(watch="1", resourceVersion=version, allowWatchBookmarks="true",
                     timeoutSeconds=timeout)
        connection = self.connect(timeout + 30)
        try:
            connection.request("GET", f"{path}?{urllib.parse.urlencode(query)}",
                               headers=self.headers())
            answer = connection.getresponse()
            if answer.status != 200:
                raise ApiError(answer.status, answer.read().decode(errors="replace"))
            for line in answer:
                event = json.loads(line)
                yield event["type"], event["object"]
        finally:
            connection.close()

    # --- what the tests often need ----------------------------------------------------------------

    def create_namespace(self, name):
        return self.create("/api/v1/namespaces", {
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def apply(self, document, namespace):
        """Creates an object of a manifest of one of the kinds that the tests use."""
        path = {
            "WorkflowTemplate": f"{GROUP}/namespaces/{namespace}/workflowtemplates",
            "ClusterWorkflowTemplate": f"{GROUP}/clusterworkflowtemplates",
            "Workflow": f"{GROUP}/namespaces/{namespace}/workflows",
            "Secret": f"/api/v1/namespaces/{namespace}/secrets",
            "ServiceAccount": f"/api/v1/namespaces/{namespace}/serviceaccounts",
            "Role": f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles",
            "RoleBinding":
                f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings",
            "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        }[document["kind"]]
        return self.create(path, document)

    def workflows(self, namespace, **query):
        return self.get(f"{GROUP}/namespaces/{namespace}/workflows", **query)["items"]

    def workflow(self, namespace, name):
        return self.find(f"{GROUP}/namespaces/{namespace}/workflows/{name}")

    def token(self, namespace, account, seconds=3600):
        """A token of a service account, as a pod of it would have."""
        answer = self.create(
            f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
             "spec": {"expirationSeconds": seconds}})
        return answer["status"]["token"]
