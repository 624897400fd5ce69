# SPDX-License-Identifier: Apache-2.0
"""The guide, the README and the examples are true: their code runs, and prints what they say."""

import ast
import asyncio
import inspect
import os
import re
import subprocess
import sys

import pytest
from conftest import SOURCE, write_suite

import promoflow

PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GUIDE = SOURCE / "docs" / "python.md"
README = SOURCE / "bindings" / "python" / "README.md"
EXAMPLES = SOURCE / "examples" / "python"
FLOW = re.search(r"^```yaml\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.M | re.S).group(1)


def run_block(code, where, names):
    """A block may await at its top level."""
    compiled = compile(code, where, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if compiled.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(compiled, names))
    else:
        exec(compiled, names)


@pytest.mark.parametrize("page", [GUIDE, README], ids=lambda page: page.name)
def test_the_code_of_a_page_runs_from_top_to_bottom(page, pytester):
    pytester.makefile(".yaml", flow=FLOW)
    write_suite(promoflow.Flow.loads(FLOW), pytester.path / "tests" / "outcomes")
    names, tests = {}, 0
    for block in PYTHON.findall(page.read_text(encoding="utf-8")):
        if "\ndef test_" in block:
            tests += 1
            pytester.makepyfile(**{f"test_{tests}": block})
        else:
            run_block(block, page.name, names)
    assert names and tests == 2
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    found = done.parseoutcomes()
    assert set(found) == {"passed"} and found["passed"] >= tests


@pytest.mark.parametrize("program", sorted(EXAMPLES.glob("[a-s]*.py")), ids=lambda path: path.name)
def test_an_example_prints_the_text_beside_it(program, tmp_path):
    done = subprocess.run([sys.executable, os.fspath(program)], cwd=tmp_path, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.stdout.decode() == program.with_suffix(".txt").read_text(encoding="utf-8")
    assert done.returncode == 0
    assert len(program.read_text(encoding="utf-8").splitlines()) < 60


def test_the_example_of_a_test_passes(tmp_path):
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q",
                           os.fspath(EXAMPLES / "test_flow.py")], cwd=tmp_path, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert b"3 passed" in done.stdout, done.stdout.decode()


def test_every_file_has_its_line():
    page = "".join((SOURCE / "docs" / name).read_text(encoding="utf-8")
                   for name in ("architecture.md", "files-bindings.md"))
    files = [path.relative_to(SOURCE).as_posix() for folder in ("core", "promoflow")
             for path in (SOURCE / "bindings" / "python" / folder).iterdir()
             if path.suffix in (".py", ".pyi", ".cpp", ".hpp") and path.name != "__init__.py"]
    assert [path for path in sorted(files) if f"`{path}`" not in page] == []


def test_the_package_has_the_projects_licence():
    ours = SOURCE / "bindings" / "python" / "LICENSE"  # A copy: an sdist sees nothing above.
    assert ours.read_bytes() == (SOURCE / "LICENSE").read_bytes()
