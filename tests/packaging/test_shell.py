# SPDX-License-Identifier: Apache-2.0
"""[H37] Completions and manual pages say what the program itself says: all of its commands and
options, and nothing else."""

import re
import shlex
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from support import BUILD, PROGRAM, run

HELP = run(PROGRAM, "--help")
COMMANDS = re.findall(r"^  ([a-z]+) ", HELP.split("\nCommands:\n")[1].split("\n\n")[0], re.M)


def options(command):
    """The long options of a command, as its help lists them."""
    table = run(PROGRAM, command, "--help").split("\nOptions:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (?:-\w,)?(--[\w-]+)", table, re.M)


def choices(command):
    """The options that take one of some words, with these."""
    return {name: words.split("|") for name, words in re.findall(
        r"^  (--[\w-]+) ((?:\w+\|)+\w+)", run(PROGRAM, command, "--help"), re.M)}


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Path(tempfile.mkdtemp(prefix="promoflow-shell-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        for shell in ("bash", "zsh", "fish"):
            (cls.scratch / shell).write_text(run(PROGRAM, "completion", shell))

    def bash(self, *words):
        """What bash offers for the last of the words, by the function that it was told of."""
        script = "\n".join([
            f"source {shlex.quote(str(self.scratch / 'bash'))}",
            "function=$(complete -p promoflow | sed 's/.* -F \\([^ ]*\\) .*/\\1/')",
            f"COMP_WORDS=({' '.join(map(shlex.quote, words))})", f"COMP_CWORD={len(words) - 1}",
            '"$function"', 'printf "%s\\n" "${COMPREPLY[@]}"'])
        return run("bash", "--norc", "-c", script, cwd=self.scratch).split()

    def test_there_are_commands(self):
        self.assertGreaterEqual(len(COMMANDS), 5)
        self.assertIn("completion", COMMANDS)

    def test_bash_completes_commands_options_and_values(self):
        self.assertEqual(set(self.bash("promoflow", "")), {*COMMANDS, "--help", "-h", "--version"})
        self.assertEqual(self.bash("promoflow", "val"), ["validate"])
        for command in COMMANDS:
            with self.subTest(command=command):
                self.assertEqual(set(self.bash("promoflow", command, "--")), set(options(command)))
                for name, words in choices(command).items():
                    self.assertEqual(self.bash("promoflow", command, name, ""), words)
                    self.assertEqual(self.bash("promoflow", command, name, "=", words[0][0]),
                                     [word for word in words if word.startswith(words[0][0])])
        self.assertEqual(self.bash("promoflow", "graph", "--format", "=", "s"), ["svg"])
        self.assertEqual(self.bash("promoflow", "schema", "s"), ["scenario"])
        self.assertEqual(self.bash("promoflow", "validate", "--format", "json", "--str"),
                         ["--strict"])

    def test_bash_leaves_files_to_readline_and_offers_nothing_for_other_texts(self):
        self.assertEqual(self.bash("promoflow", "validate", "flow"), [])
        self.assertEqual(self.bash("promoflow", "simulate", "--scenario", ""), [])
        self.assertEqual(self.bash("promoflow", "simulate", "--set", ""), [])
        self.assertIn("-o default", run("bash", "--norc", "-c",
                                        "source ./bash; complete -p promoflow", cwd=self.scratch))

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_completes_commands_options_and_values(self):
        # The functions of zsh that do the work are replaced by ones that print what they are told.
        script = ("autoload -Uz compinit; compinit -u -D; source ./zsh; print $_comps[promoflow]\n"
                  "_describe() { print -rl -- ${(P)2} }\n"
                  "_arguments() { print -rl -- \"$@\" }\n")
        start = run("zsh", "-f", "-c", script + "state=command; _promoflow", cwd=self.scratch)
        self.assertEqual(start.splitlines()[0], "_promoflow")
        for command in COMMANDS:
            with self.subTest(command=command):
                self.assertRegex(run(PROGRAM, "completion", "zsh"), rf"\n        '{command}:")
                printed = run("zsh", "-f", "-c", script + "_arguments() {\n"
                              "if [[ $1 == -C ]]; then state=arguments; line=(" + command + ")\n"
                              "else print -rl -- \"$@\"; fi }\n_promoflow", cwd=self.scratch)
                found = set(re.findall(r"(?:^|\*|\))(--[\w-]+)[=\[]", printed, re.M))
                self.assertEqual(found, set(options(command)))
                for name, words in choices(command).items():
                    self.assertRegex(printed, rf"{name}=\[.*:value:\({' '.join(words)}\)\n")

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_completes_commands_options_and_values(self):
        def fish(line):
            printed = run("fish", "--no-config", "-c",
                          f"source ./fish; complete -C {shlex.quote(line)}", cwd=self.scratch)
            return {found.split("\t")[0] for found in printed.splitlines()}

        self.assertEqual(fish("promoflow "), set(COMMANDS))
        for command in COMMANDS:
            with self.subTest(command=command):
                self.assertEqual(fish(f"promoflow {command} --"), set(options(command)))
                for name, words in choices(command).items():
                    self.assertEqual(fish(f"promoflow {command} {name} "), set(words))

    def test_a_shell_that_is_not_known_is_refused(self):
        for words in (("completion",), ("completion", "tcsh")):
            with self.assertRaisesRegex(AssertionError, "(?s)ended with 2.*(SHELL|bash, zsh)"):
                run(PROGRAM, *words)


class ManualPages(unittest.TestCase):
    def test_each_command_has_a_page_with_all_of_its_options(self):
        folder = BUILD / "shell" / "man"
        self.assertEqual({path.stem for path in folder.glob("*.1")},
                         {"promoflow", *(f"promoflow-{command}" for command in COMMANDS)})
        for command in COMMANDS:
            page = (folder / f"promoflow-{command}.1").read_text().replace("\\-", "-")
            with self.subTest(command=command):
                self.assertRegex(page, rf"\.SH NAME\npromoflow-{command} - \S")
                for section in ("SYNOPSIS", "DESCRIPTION", "OPTIONS", "SEE ALSO"):
                    self.assertIn(f".SH {section}\n", page)
                found = set(re.findall(r"^\.B (?:-\w,)?(--[\w-]+)", page, re.M))
                self.assertEqual(found, set(options(command)))

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_roff_has_nothing_to_complain_of(self):
        for page in sorted((BUILD / "shell" / "man").glob("*.1")):
            with self.subTest(page=page.name):
                self.assertEqual(run("groff", "-ww", "-man", "-Tascii", "-z", page), "")


if __name__ == "__main__":
    unittest.main()
