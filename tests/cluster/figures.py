# SPDX-License-Identifier: Apache-2.0
"""What hooks on a cluster cost, measured: ./dev test cluster figures. It is no part of CI: a figure
says something on a machine that does nothing else.

100 releases of 10 hooks each, driven by one host; a bare loop of libcurl's handles that creates the
same Workflows and waits for them over one watch is what the rate is compared with. Both are in
figures.cpp, which has to be built: cmake --preset prove-release, then the target cluster_figures;
$PROMOFLOW_FIGURES says where it is.
"""

import os
import subprocess
import time
import unittest
from pathlib import Path

from control_plane import API_SERVER
from proxy import Proxy
from support import ClusterTest, flow

FIGURES = os.environ.get("PROMOFLOW_FIGURES", str(
    Path(__file__).resolve().parents[2] / "build/prove-release/tests/cluster_figures"))
CHAINS = int(os.environ.get("PROMOFLOW_CLUSTER_CHAINS", "100"))
LENGTH = 10
HOOKS = CHAINS * LENGTH
IDLE_SECONDS = 30
SECONDS = 900


class Figures(ClusterTest):
    def measure(self, *arguments):
        done = subprocess.run([FIGURES, *map(str, arguments)], stdout=subprocess.PIPE, text=True,
                              timeout=SECONDS, env=self.environment())
        self.assertEqual(done.returncode, 0, done.stdout)
        return [float(word) for word in done.stdout.split()]

    def test_rate_and_processor_time(self):
        certificate, key = self.plane.certificates.pair("admin")
        bare, bare_used = self.measure("bare", API_SERVER, self.plane.certificates.authority,
                                       certificate, key, self.namespace, CHAINS, LENGTH)
        seconds, used, thread, transport, early, late = self.measure(
            "host", self.kubeconfig, self.namespace, CHAINS, LENGTH, self.store)
        print(f"processor time per hook: the executor itself "
              f"{(thread - transport) / HOOKS * 1e6:.0f} us, and for it libcurl, TLS and the "
              f"kernel {transport / HOOKS * 1e6:.0f} us; the whole host {used / HOOKS * 1e6:.0f} "
              f"us; the bare loop {bare_used / HOOKS * 1e6:.0f} us")
        print(f"memory: {early:.0f} kB after a tenth, {late:.0f} kB after {HOOKS} hooks")
        print(f"rate: {HOOKS / seconds:.1f} hooks/s; the bare loop {HOOKS / bare:.1f}; "
              f"ratio {bare / seconds:.2f}", flush=True)

    def test_idle_traffic(self):
        proxy = Proxy(self.plane, API_SERVER).start()
        self.addCleanup(proxy.stop)
        config = self.write_kubeconfig("proxy", server=proxy.address)
        program = self.start_release(flow(onStart="approval"), kubeconfig_file=config)
        program.wait_for(event="suspended")
        before = len(proxy.seen)
        time.sleep(IDLE_SECONDS)  # The time that is measured.
        later = proxy.seen[before:]
        print(f"requests in {IDLE_SECONDS} s of waiting: {later}; watches open: "
              f"{sum(seen.is_watch for seen in proxy.seen)}", flush=True)
        self.assertTrue(all(seen.is_watch for seen in later), later)


if __name__ == "__main__":
    unittest.main()
