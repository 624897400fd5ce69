# SPDX-License-Identifier: Apache-2.0
"""The proxy of the tests does the harm that it is told to do, and nothing else."""

import http.client
import unittest

from api import GROUP, Api, ApiError
from control_plane import API_SERVER
from proxy import Proxy
from support import ClusterTest


class ProxyTest(ClusterTest):
    hooks = ()

    def through(self, kind):
        """A client whose first request is harmed."""
        faults = [kind]
        proxy = Proxy(self.plane, API_SERVER,
                      fault=lambda seen: faults.pop() if faults else None).start()
        self.addCleanup(proxy.stop)
        return Api(proxy.address, self.plane.certificates.authority)

    def templates(self):
        return f"{GROUP}/namespaces/{self.namespace}/workflowtemplates"

    def test_without_a_fault_everything_passes(self):
        api = self.through(None)
        self.assertEqual(api.get(self.templates()), self.api.get(self.templates()))
        name = self.create_workflow("no-such-hook", "w")
        version = self.api.get(self.templates())["metadata"]["resourceVersion"]
        self.api.merge(f"{GROUP}/namespaces/{self.namespace}/workflows/{name}",
                       {"metadata": {"labels": {"seen": "yes"}}})
        path = f"{GROUP}/namespaces/{self.namespace}/workflows"
        events = api.watch(path, version, timeout=5)
        self.assertEqual(next(events)[1]["metadata"]["name"], "w")
        events.close()

    def test_refused_before_the_server_is_asked(self):
        for kind, error in (("refuse", http.client.RemoteDisconnected), ("unavailable", ApiError),
                            ("too-many", ApiError)):
            with self.subTest(fault=kind), self.assertRaises(error):
                self.through(kind).create("/api/v1/namespaces", {
                    "metadata": {"name": f"{self.namespace}-{kind}"}})
            self.assertIsNone(self.api.find(f"/api/v1/namespaces/{self.namespace}-{kind}"))

    def test_lost_after_the_server_was_asked(self):
        with self.assertRaises(http.client.RemoteDisconnected):
            self.through("lose").create_namespace(f"{self.namespace}-lost")
        self.assertTrue(self.api.find(f"/api/v1/namespaces/{self.namespace}-lost"))

    def test_asked_twice(self):
        with self.assertRaises(ApiError) as caught:
            self.through("duplicate").create_namespace(f"{self.namespace}-twice")
        self.assertEqual(caught.exception.status, 409)

    def test_bodies_that_are_cut(self):
        with self.assertRaises(http.client.IncompleteRead):
            self.through("tear").get(self.templates())
        with self.assertRaises(ValueError):
            self.through("truncate").get(self.templates())


if __name__ == "__main__":
    unittest.main()
