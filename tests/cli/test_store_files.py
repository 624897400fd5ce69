# SPDX-License-Identifier: Apache-2.0
"""The file of a store: [D4] one lock for all names of it, [D7] a file or a directory that cannot be
written, rows that somebody removed or changed, and what is no file."""

import os
import re
import shutil
import subprocess
import time
import unittest

from run_support import PATIENCE_S, PROGRAM
from store_support import StoreCase

NOBODY = 65534


class StoreFiles(StoreCase):
    def ended(self, *options):
        flow = self.gated_flow()
        self.touch("gate")
        code, out, err = self.run_it(flow, *options)
        self.assertEqual(code, 0, err)
        return out

    def test_logs_prints_no_file_but_a_log(self):  # [H14]
        self.ended()
        runs = self.store + ".runs"
        log = os.path.join(runs, "r-1", "2.log")
        with open(self.path("secret"), "w", encoding="utf-8") as file:
            file.write("SECRET\n")
        for make in (os.mkfifo, os.mkdir, lambda path: os.symlink(self.path("secret"), path),
                     lambda path: os.symlink("/dev/zero", path),
                     lambda path: os.link(self.path("secret"), path)):
            os.rmdir(log) if os.path.isdir(log) else os.remove(log)
            make(log)
            for options in ([], ["--follow"], ["2"]):
                code, out, err = self.call("logs", "r-1", *options)
                self.assertEqual(code, 1, out + err)
                self.assertNotIn("SECRET", out)
                self.assertEqual(err.count(log + " is not printed: there is a link"), 1, err)
        os.rename(os.path.join(runs, "r-1"), self.path("moved"))
        os.symlink(self.path("moved"), os.path.join(runs, "r-1"))
        code, out, err = self.call("logs", "r-1")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("cannot open the directory " + os.path.join(runs, "r-1"), err)

    def call_as_user(self, *arguments):
        """The same as a user to whom permissions mean something, which they do not to root."""
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run([PROGRAM, *arguments, "--store", self.store], env=self.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False, **user)
        return done.returncode, done.stdout, done.stderr

    def give_to_user(self):
        if os.geteuid() != 0:
            return
        for folder, _, files in os.walk(self.root):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                os.chown(path, NOBODY, NOBODY)


class ReadOnly(StoreFiles):
    def test_nothing_begins_on_a_store_that_cannot_be_written(self):  # [D7]
        self.ended()
        self.give_to_user()
        os.chmod(self.store, 0o444)
        flow = self.path("flow.yaml")
        for call in (("run", flow, "--hooks", self.hooks, "--set", "release.id=r-2"),
                     ("resume", "--all")):
            code, out, err = self.call_as_user(*call)
            self.assertEqual((code, out), (2, ""), err)
            self.assertIn("the store %s: it cannot be written; the file and its directory must be "
                          "writable" % self.store, err)
        self.assertEqual(os.listdir(self.store + ".runs"), ["r-1"])
        self.assertEqual(self.call_as_user("show", "r-1")[0], 0)

    def test_a_check_refuses_files_that_a_run_refuses(self):  # [H20]
        self.ended()
        runs = self.store + ".runs"
        release = os.path.join(runs, "r-2")
        lock = os.path.join(runs, ".r-2.lock")

        def remove_lock():
            os.rmdir(lock)
            if os.path.exists(release):
                os.rmdir(release)

        def make_file():
            with open(release, "w", encoding="utf-8"):
                pass
        def make_writable():
            for name in filter(os.path.exists, (self.store + end for end in ("", "-wal", "-shm"))):
                os.chmod(name, 0o644)
        ends = (
            (lambda: os.chmod(runs, 0o555), lambda: os.chmod(runs, 0o755), ("directory " + runs,)),
            (lambda: os.chmod(self.store, 0o444), make_writable,
             ("it cannot be written",)),
            (lambda: os.mkdir(lock), remove_lock, ("cannot open " + lock,)),
            (make_file, lambda: os.unlink(release), (release,)),
            (lambda: os.mkdir(release, 0o555), lambda: os.rmdir(release), (release,)))
        for begin, end, said in ends:
            begin()
            self.give_to_user()
            for options in (["--check"], []):
                with self.subTest(said=said, options=options):
                    code, out, err = self.call_as_user(
                        "run", self.path("flow.yaml"), "--hooks", self.hooks, "--set",
                        "release.id=r-2", *options)
                    self.assertEqual((code, out), (2, ""), err)
                    for text in said:
                        self.assertIn(text, err)
            end()

    def test_a_program_without_its_supervisor_says_what_to_do(self):  # [D12]
        alone = shutil.copy(PROGRAM, self.path("promoflow"))
        call = [alone, *self.command(self.gated_flow())[1:]]
        for options in (["--check"], []):
            done = subprocess.run([*call, *options], env=self.env, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  timeout=PATIENCE_S, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertIn("a release in a store needs it: install promoflow anew", done.stderr)

    def test_what_is_no_file_of_the_store_beside_it_is_told_at_once(self):  # [D7]
        self.gated_flow()
        self.touch("gate")
        self.give_to_user()

        def make_file(path):
            with open(path, "w", encoding="utf-8"):
                os.chmod(path, 0o444)
        os.chmod(self.root, 0o777)
        for ending in ("-shm", "-wal", "-journal"):
            for make, remove, said in (
                    (os.mkdir, os.rmdir, "SQLite keeps a file of its own, is none"),
                    (make_file, os.unlink, "it cannot be written, for")):
                path = self.store + ending
                make(path)
                for options in (["--check"], []):
                    with self.subTest(ending=ending, said=said, options=options):
                        code, out, err = self.call_as_user(
                            "run", self.path("flow.yaml"), "--hooks", self.hooks, *options)
                        self.assertEqual((code, out), (2, ""), err)
                        self.assertIn(path, err)
                        self.assertIn(said, err)
                remove(path)

    def test_prune_keeps_a_release_whose_logs_stay(self):  # [D9]
        self.ended()
        self.give_to_user()
        runs = self.store + ".runs"
        code, _, err = self.call_as_user("run", self.path("flow.yaml"), "--hooks", self.hooks,
                                         "--set", "release.id=r-2")
        self.assertEqual(code, 0, err)
        os.mkdir(os.path.join(runs, "r-1", "kept"))
        with open(os.path.join(runs, "r-1", "kept", "file"), "w", encoding="utf-8"):
            pass
        os.chmod(os.path.join(runs, "r-1", "kept"), 0o555)
        self.give_to_user()
        for removed in (1, 0):
            code, out, err = self.call_as_user("prune", "--older-than", "0s")
            self.assertEqual((code, out), (1, "r-2\n" if removed else ""), err)
            self.assertIn("release 'r-1' stays, for its logs in %s/r-1 can't be removed" % runs,
                          err)
            self.assertIn("%d release%s removed, with their logs, and 1 release not\n"
                          % (removed, "" if removed else "s"), err)
            self.assertEqual(os.listdir(runs), ["r-1"])
            self.assertEqual(self.call_as_user("show", "r-1")[0], 0)
        os.chmod(os.path.join(runs, "r-1", "kept"), 0o755)
        self.assertEqual(self.call_as_user("prune", "--older-than", "0s")[:2], (0, "r-1\n"))
        self.assertEqual(os.listdir(runs), [])

    def test_a_backup_in_a_directory_that_cannot_be_written_is_read(self):  # [D7]
        self.ended()
        self.give_to_user()
        for name in (".lock", "-shm"):
            os.unlink(self.store + name)
        os.chmod(self.root, 0o555)
        self.addCleanup(os.chmod, self.root, 0o755)
        before = sorted(os.listdir(self.root))
        for call in (("list",), ("show", "r-1"), ("verify",), ("replay", "r-1"), ("logs", "r-1"),
                     ("export", "r-1")):
            code, out, err = self.call_as_user(*call)
            self.assertEqual((code, err), (0, ""))
            self.assertTrue(out)
        code, _, err = self.call_as_user("prune", "--older-than", "0s")
        self.assertEqual(code, 2)
        self.assertIn("the file and its directory must be writable", err)
        self.assertEqual(sorted(os.listdir(self.root)), before)
        self.assertEqual(self.call_as_user("logs", "r-1")[0], 0)

    def test_a_live_store_is_read_by_a_user_who_cannot_write_it(self):
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        for name in ("", "-wal", "-shm", ".lock"):
            os.chmod(self.store + name, 0o444)
        os.chmod(self.root, 0o555)
        self.addCleanup(os.chmod, self.root, 0o755)
        code, out, err = self.call_as_user("show", "r-1")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("release r-1 of tested: Running", out)
        os.chmod(self.root, 0o755)
        for name in ("", "-wal", "-shm", ".lock"):
            os.chmod(self.store + name, 0o644)
        self.touch("gate")
        self.assertEqual(self.finish(process)[0], 0)


class Names(StoreFiles):
    def test_a_link_to_a_store_is_the_store(self):  # [D4]
        real, self.store = self.store, self.path("link.db")
        os.symlink("store.db", self.store)
        self.ended()
        self.assertTrue(os.path.isdir(real + ".runs"))
        for name in (".lock", ".runs"):
            self.assertFalse(os.path.exists(self.store + name))
        self.assertEqual(self.call("show", "r-1")[0], 0)
        self.store = real
        self.assertEqual(self.call("verify")[0], 0)

    def test_a_store_with_a_hard_link_is_refused(self):  # [D4][D7]
        self.ended()
        other, real = self.path("other.db"), self.store
        os.link(real, other)
        for self.store in (other, real):
            code, out, err = self.call("list")
            self.assertEqual((code, out), (2, ""), err)
            self.assertIn("the store %s: it has 2 names (hard links)" % self.store, err)
        os.unlink(other)
        self.assertEqual(self.call("list")[0], 0)

    def test_what_is_no_file(self):  # [D7]
        os.mkfifo(self.path("fifo"))
        os.mkdir(self.path("folder"))
        flow = self.gated_flow()
        before = sorted(os.listdir(self.root))
        for name, problem in (("fifo", "it is a FIFO, not a regular file"),
                              ("folder", "it is a directory; name a file in it"),
                              ("flow.yaml", "no promoflow store; name another file")):
            self.store = self.path(name)
            for call in (("list",), ("run", flow, "--hooks", self.hooks)):
                code, out, err = self.call(*call)
                self.assertEqual((code, out), (2, ""))
                self.assertIn(problem, err)
            self.assertEqual(sorted(os.listdir(self.root)), before)


class Rows(StoreFiles):
    def test_a_row_that_is_missing_is_named(self):  # [D5]
        self.ended()
        for table in ("start", "flow"):
            self.change("DELETE FROM " + table)
            for call in (("show", "r-1"), ("logs", "r-1"), ("export", "r-1"), ("replay", "r-1")):
                code, out, err = self.call(*call)
                self.assertEqual((code, out), (2, ""))
                self.assertIn("release 'r-1': the table '%s' has no row of it" % table, err)
                self.assertIn("'promoflow verify r-1 --store %s' tells more" % self.store, err)
            for call in (("verify",), ("verify", "r-1")):
                code, out, err = self.call(*call)
                self.assertEqual((code, err), (1, ""))
                self.assertIn("r-1: the start: the table '%s' has no row of it" % table, out)
            self.assertIn("r-1", self.call("list")[1])

    def test_a_row_that_is_damaged_is_named(self):  # [D5]
        self.ended()
        self.change("UPDATE start SET selection = '['")
        code, _, err = self.call("show", "r-1")
        self.assertEqual(code, 2)
        self.assertIn("its row in the table 'start' is damaged: the selection is no JSON object",
                      err)
        self.assertEqual(self.call("verify")[0], 1)

    def test_a_flow_that_was_changed_is_not_driven(self):  # [D5]
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        self.kill(process)
        self.change("UPDATE flow SET manifest = replace(manifest, 'dependsOn: [a]', "
                    "'dependsOn: [dev]')")
        code, out, _ = self.call("verify")
        self.assertEqual(code, 1)
        self.assertRegex(out, "r-1: the start: its fingerprint is '.*', but that of its manifest "
                         "is '.*': the manifest is not the one that the release was started with")
        code, out, err = self.call("resume", "r-1")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("is not the one that the release was started with", err)
        self.assertIn("restore a backup", err)
        self.assertEqual(self.read("journal"), "before\npromoting\n")


class TakenOver(StoreFiles):
    def test_a_process_that_lost_its_release_says_who_has_it(self):  # [D4]
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        now = int(time.time() * 1000)
        self.change("INSERT INTO owner VALUES ('other', 'elsewhere', '', 4711, 0, ?, ?)", now, now)
        self.change("UPDATE release SET owner = 'other', epoch = epoch + 1")
        self.touch("gate")
        code, _, err = self.finish(process)
        self.assertEqual(code, 1)
        self.assertRegex(err, r"promoflow: process 4711 on elsewhere since \S+Z has taken the "
                              r"release over, and drives it now: promoflow show r-1 --store "
                              + re.escape(self.store) + r"\n")
        self.assertNotIn("resume", err)


if __name__ == "__main__":
    unittest.main()
