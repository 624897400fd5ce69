# SPDX-License-Identifier: Apache-2.0
"""[D8] Commands wait for room on a full disk: none fails, none is lost, and people are told once.

The work directory is a small file system of its own, which a hook fills."""

import subprocess
import unittest

from run_support import PATIENCE_S, RunCase

# Mounts, runs the program in the background, waits, makes room.
FRAME = """
mount -t tmpfs -o size=1m none "$WORK" || exit 99
mkdir "$WORK/fill"
"$@" >"$OUT" 2>"$ERR" &
while ! { %s; }; do
  kill -0 $! || break
  sleep 0.01
done
rm -rf "$WORK/fill"
wait $!
"""
FILL = 'i=0; while echo x >"$WORK/fill/$i"; do i=$((i + 1)); done 2>/dev/null\n' \
       'dd if=/dev/zero of="$WORK/fill/0" bs=4k 2>/dev/null\n'


class FullDisk(RunCase):
    def setUp(self):
        super().setUp()
        self.env.update(WORK=self.work, OUT=self.path("out"), ERR=self.path("err"))
        self.script("promotions/default", "true")

    def run_with_room_later(self, until, *options):
        """Makes room as soon as the condition, commands of a shell, is true."""
        subprocess.run(["mkdir", "-p", self.work], check=True)
        done = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", FRAME % until, "sh",
             *self.command(self.path("flow.yaml"), *options)], env=self.env, check=False,
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S)
        if done.returncode == 99 or "unshare" in done.stderr:
            self.skipTest("nothing can be mounted here: " + done.stderr.strip())
        return done.returncode, self.read("out"), self.read("err")

    def test_a_command_waits_for_room_and_people_are_told_once(self):
        # Two hooks at once: one fills the disk and goes on until there is room. The promotion
        # behind the other one finds none: a supervisor needs the page that its arguments had.
        full, ready = self.path("full"), self.path("ready")
        self.script("fill", "while ! test -e %s; do sleep 0.01; done\n%secho >%s\n"
                    "while test -e \"$WORK/fill\"; do sleep 0.01; done" % (ready, FILL, full))
        self.flow("  steps:\n"
                  "    - {environment: a, dependsOn: [dev], hooks: {onStart: fill}}\n"
                  "    - {environment: b, dependsOn: [dev], hooks: {onStart: await}}\n")
        for options in (["--no-store"], ["--store", self.path("s.db")]):
            with self.subTest(options=options):
                self.script("await", ("" if "--store" in options else
                                      'rm "$PROMOFLOW_ARGUMENTS_PATH"\n') +
                            "echo >%s\nwhile ! test -e %s; do sleep 0.01; done\nrm %s %s"
                            % (ready, full, ready, full))
                until = 'grep -q "make room" "$ERR"'
                status, out, err = self.run_with_room_later(until, *options)
                self.assertEqual(status, 0, out + err)
                self.assertEqual(err.count("make room: it goes on by itself"), 1, err)
                self.assertEqual(err.count("there is room again"), 1, err)

    def test_the_end_of_a_program_is_kept_until_there_is_room(self):
        self.script("h", 'echo \'{"A": "b"}\' >"$PROMOTION_CONTEXT_PATH"\n' + FILL +
                    "echo >%s" % self.path("full"))
        self.script("show", 'echo "$PROMOFLOW_CONTEXT_A" >%s' % self.path("shown"))
        self.flow("  steps: [{environment: a, dependsOn: [dev], "
                  "hooks: {onStart: h, onSuccess: show}}]\n")
        status, out, err = self.run_with_room_later(
            'test -e %s && ! test -e "$WORK"/r-1/1.run*/arguments.json' % self.path("full"),
            "--store", self.path("s.db"))
        self.assertEqual(status, 0, out + err)
        self.assertEqual(self.read("shown"), "b\n")


if __name__ == "__main__":
    unittest.main()
