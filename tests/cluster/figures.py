# SPDX-License-Identifier: Apache-2.0
"""What hooks on a cluster cost, measured: ./dev test cluster figures. It is no part of CI: a figure
says something on a machine that does nothing else.

100 releases of 10 hooks each, driven by one host; a bare loop of libcurl's handles that creates the
same Workflows and waits for them over one watch is what the rate is compared with. Each of the
rounds, whose medians count, has both, in turns the one and the other first. Both are in
figures.cpp, which has to be built: cmake --preset prove-release, then the target cluster_figures;
$PROMOFLOW_FIGURES says where it is.
"""

import os
import subprocess
import time
import unittest
from pathlib import Path
from statistics import median

from control_plane import API_SERVER
from proxy import Proxy
from support import ClusterTest, flow

FIGURES = os.environ.get("PROMOFLOW_FIGURES", str(
    Path(__file__).resolve().parents[2] / "build/prove-release/tests/cluster_figures"))
CHAINS = int(os.environ.get("PROMOFLOW_CLUSTER_CHAINS", "100"))
LENGTH = 10
HOOKS = CHAINS * LENGTH
ROUNDS = 6
OWN_TIME_MAX_US = 300
RATE_MIN = 0.9
MEMORY_GROWTH_MAX = 1.05
IDLE_SECONDS = 30
SECONDS = 900


class Figures(ClusterTest):
    def measure(self, *arguments):
        done = subprocess.run([FIGURES, *map(str, arguments)], stdout=subprocess.PIPE, text=True,
                              timeout=SECONDS, env=self.environment())
        self.assertEqual(done.returncode, 0, done.stdout)
        return [float(word) for word in done.stdout.split()]

    def bare(self):
        """Hooks each second, and the processor time of each in microseconds."""
        certificate, key = self.plane.certificates.pair("admin")
        seconds, used = self.measure("bare", API_SERVER, self.plane.certificates.authority,
                                     certificate, key, self.namespace, CHAINS, LENGTH)
        return HOOKS / seconds, used / HOOKS * 1e6

    def host(self):
        """The same: of the executor itself, of libcurl, TLS and the kernel for it, of the whole
        host; and how much its memory grew after a tenth of the hooks."""
        seconds, *times, early, late = self.measure(
            "host", self.kubeconfig, self.namespace, CHAINS, LENGTH, self.store)
        whole, thread, transport = (time / HOOKS * 1e6 for time in times)
        return HOOKS / seconds, thread - transport, transport, whole, late / early

    def test_rate_and_processor_time(self):
        hosts, bares = [], []
        for number in range(ROUNDS):
            self.enter_namespace()
            pair = [lambda: bares.append(self.bare()), lambda: hosts.append(self.host())]
            for one in pair if number % 2 else reversed(pair):
                one()
            print(f"rates: the host {hosts[-1][0]:.1f} hooks/s, the bare loop "
                  f"{bares[-1][0]:.1f}, ratio {hosts[-1][0] / bares[-1][0]:.2f}; the executor "
                  f"itself {hosts[-1][1]:.0f} us", flush=True)
        rate, own, transport, whole, growth = (median(column) for column in zip(*hosts))
        ratio = median(one[0] / other[0] for one, other in zip(hosts, bares))
        print(f"medians of {ROUNDS} rounds. Processor time per hook: the executor itself "
              f"{own:.0f} us, and for it libcurl, TLS and the kernel {transport:.0f} us; the "
              f"whole host {whole:.0f} us; the bare loop {median(one[1] for one in bares):.0f} us")
        print(f"rate: {rate:.1f} hooks/s, {ratio:.2f} of the bare loop; memory at the end: "
              f"{growth:.2f} of that after a tenth", flush=True)
        self.assertLess(own, OWN_TIME_MAX_US)
        self.assertGreater(ratio, RATE_MIN)
        self.assertLess(growth, MEMORY_GROWTH_MAX)

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
