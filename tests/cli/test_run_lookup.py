# SPDX-License-Identifier: Apache-2.0
"""[H20] `promoflow run` looks every program up before the first one runs."""

import os
import subprocess
import tempfile
import unittest

from run_support import HEAD, PATIENCE_S, PROGRAM, RunCase

STEP = "  steps: [{environment: a, dependsOn: [dev]}]\n"
SHOP = """\
  steps:
    - {environment: staging, dependsOn: [dev]}
    - environment: production
      dependsOn: [staging]
      hooks: {onSuccess: purge-cdn, onFail: page-oncall}
  hooks: {onSuccess: slack-ok, onFail: slack-fail}
"""


class Lookup(RunCase):

    def setUp(self):
        super().setUp()
        self.script("promotions/default", "touch %s" % self.path("promoted"))
        self.script("purge-cdn.sh", "true")

    def commands(self, text):
        with open(self.path("commands.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        return "--commands", self.path("commands.yaml")

    def test_all_that_is_missing_is_told_before_anything_starts(self):
        status, out, err = self.run_it(self.flow(SHOP))
        self.assertEqual((status, out), (2, ""), err)
        for part in ("hook 'purge-cdn' (environment.onSuccess of 'production')",
                     "there is 'purge-cdn.sh'", "hook 'page-oncall'", "hook 'slack-ok'",
                     "hook 'slack-fail'", "nothing is started"):
            self.assertIn(part, err)
        self.assertFalse(os.path.exists(self.path("promoted")))
        self.assertFalse(os.path.exists(self.work))

    def test_what_is_not_reached_is_not_needed(self):
        self.script("slack-ok", "true")
        self.script("slack-fail", "true")
        status, _, err = self.run_it(self.flow(SHOP), "--until", "staging")
        self.assertEqual(status, 0, err)

    def test_check_runs_nothing(self):
        for name in ("purge-cdn", "page-oncall", "slack-ok", "slack-fail"):
            self.script(name, "true")
        status, out, err = self.run_it(self.flow(SHOP), "--check")
        self.assertEqual((status, out, err),
                         (0, "ok: every program that the flow needs is there\n", ""))
        self.assertFalse(os.path.exists(self.path("promoted")))
        self.assertFalse(os.path.exists(self.work))
        os.chmod(os.path.join(self.hooks, "slack-ok"), 0o644)
        status, out, err = self.run_it(self.flow(SHOP), "--check")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("slack-ok: it is not executable - chmod +x ", err)

    def as_nobody(self, *options, root_mode=0o755):
        """The status and the complaints of a check by a user who owns none of the files."""
        if os.getuid() != 0:
            self.skipTest("only root becomes another user")
        os.chmod(self.root, root_mode)
        flow = "-"
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM, "run", flow,
             "--hooks", self.hooks, "--check", "--no-store", *options],
            input=HEAD + STEP, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=dict(self.env, TMPDIR=tempfile.gettempdir()), timeout=PATIENCE_S, check=False)
        return done.returncode, done.stderr

    def test_a_program_that_cannot_be_read_is_doubted(self):
        os.chmod(os.path.join(self.hooks, "promotions", "default"), 0o711)
        status, err = self.as_nobody()
        self.assertEqual(status, 0, err)
        self.assertIn("warning: promotion into 'a': ", err)
        self.assertIn("promotions/default may be run, but not read: if it is a script", err)

    def test_what_may_not_be_read_is_a_matter_of_permissions(self):
        promotions = os.path.join(self.hooks, "promotions")
        for place in (promotions, self.hooks):
            for options in ((), ("--no-promotions",)):
                with self.subTest(place=place, options=options):
                    os.chmod(place, 0o700)
                    status, err = self.as_nobody(*options)
                    os.chmod(place, 0o755)
                    self.assertEqual(status, 2, err)
                    self.assertIn("%s: Permission denied" % promotions, err)
                    self.assertNotIn("--no-promotions", err)

    def test_hooks_below_a_directory_that_may_not_be_entered(self):
        status, err = self.as_nobody(root_mode=0o700)
        self.assertEqual(status, 2, err)
        self.assertIn("Permission denied", err)
        self.assertNotIn("no such directory", err)

    def test_a_directory_may_be_entered_that_may_not_be_listed(self):
        os.chmod(os.path.join(self.hooks, "promotions"), 0o711)
        status, err = self.as_nobody()
        self.assertEqual(status, 0, err)

    def test_a_file_system_without_programs_is_named(self):
        flow = self.flow(STEP)
        mounted = ('mount -t tmpfs -o noexec none "$1" && cp -r "$2" "$1/hooks" && shift 2 '
                   '|| exit 99;')
        place = self.path("noexec")
        os.mkdir(place)
        done = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", mounted + ' exec "$@"', "sh",
             place, self.hooks, PROGRAM, "run", flow, "--hooks", place + "/hooks", "--check"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=self.env, timeout=PATIENCE_S, check=False)
        if done.returncode not in (0, 2) or "unshare" in done.stderr:
            self.skipTest("nothing can be mounted here: " + done.stderr.strip())
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("promotions/default: it is on a file system that is mounted with noexec",
                      done.stderr)
        self.assertNotIn("chmod", done.stderr)

    def test_a_command_line_in_one_text_is_told(self):
        program = os.path.join(self.hooks, "purge-cdn.sh")
        flow = self.flow("  steps: [{environment: a, dependsOn: [dev], hooks: {onStart: h}}]\n")
        status, _, err = self.run_it(flow, *self.commands(
            "hooks: {h: '%s now'}\npromotions: {default: '%s'}\n" % (program, program)))
        self.assertEqual(status, 2)
        self.assertIn("a program and its arguments are a list: [%s, now]" % program, err)


if __name__ == "__main__":
    unittest.main()
