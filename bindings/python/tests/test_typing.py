# SPDX-License-Identifier: Apache-2.0
"""Types: the package is clean under mypy --strict, and so is code that uses it; the stub of the
compiled half has its names."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import promoflow
from promoflow import _core

USER = '''
import promoflow
from typing import Any
from promoflow import Cancel, HookCall, Promote, PromotionCall, RunHook


class Mine:
    async def run_hook(self, call: HookCall) -> dict[str, Any]:
        return {"RAN": call.arguments["RELEASE_ID"]}

    async def promote_environment(self, call: PromotionCall) -> None:
        with call.suspended():
            pass


async def main() -> str:
    flow = promoflow.Flow.load("flow.yaml")
    release = await promoflow.run(flow, Mine(), id="r-42")
    for command in release.commands():
        if isinstance(command, RunHook):
            release.apply(command.succeeded({"A": 1}))
        elif isinstance(command, Promote):
            release.apply(command.failed("no"))
        else:
            reveal_type(command)
    release.retry(["staging"], by="ann")
    with promoflow.Store.memory() as store:
        async with promoflow.aio.Engine(store, Mine()) as engine:
            await engine.start(flow, id="r-43")
            reveal_type(await engine.wait("r-43"))
    reveal_type(release.why_pending("production").unmet)
    trace = promoflow.simulate(flow, fail={"staging": "no"})
    reveal_type(trace.hooks("release.onFail")[0].arguments)
    trace.hooks("release.onEnd")
    return release.status
'''


def mypy(*arguments, cwd):
    pytest.importorskip("mypy")
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-error-summary",
                           "--cache-dir", os.path.join(cwd, "cache"), *arguments],
                          cwd=cwd, capture_output=True, text=True, timeout=300)
    return done.stdout + done.stderr


def test_strict_mypy_is_content_with_the_package(tmp_path):
    assert mypy("-p", "promoflow", cwd=tmp_path) == ""


def test_users_see_types(tmp_path):
    (tmp_path / "user.py").write_text(USER)
    found = [line.split(": ", 1)[1] for line in mypy("user.py", cwd=tmp_path).splitlines()]
    revealed = [line.replace("builtins.", "") for line in found if "Revealed" in line]
    assert "Succeeded" in revealed.pop(1)
    assert revealed == ['note: Revealed type is "promoflow._core.Cancel"',
                        'note: Revealed type is "tuple[str, ...]"',
                        'note: Revealed type is "dict[str, str]"']
    errors = [line for line in found if line.startswith("error")]
    assert len(errors) == 1 and "release.onEnd" in errors[0], found


def names_of(node):
    return {item.name for item in node.body
            if isinstance(item, (ast.FunctionDef, ast.ClassDef)) and item.name != "__new__"}


def test_the_stub_has_the_names_of_the_compiled_half():
    tree = ast.parse(Path(promoflow.__file__).with_name("_core.pyi").read_text(encoding="utf-8"))
    everywhere = set().union(*(names_of(node) for node in tree.body
                               if isinstance(node, ast.ClassDef)))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            if node.name in ("Store", "Engine", "Reply") and not hasattr(_core, "Store"):
                continue  # This build has no engine.
            real = getattr(_core, node.name)
            for name in names_of(node):
                assert hasattr(real, name), f"{node.name}.{name}"
            public = {name for name in vars(real) if not name.startswith("__")}
            assert public <= everywhere, node.name
        elif isinstance(node, ast.FunctionDef):
            if node.name.startswith("argo_") and not hasattr(_core, "argo_check"):
                continue  # Nor has this one an executor on clusters.
            assert callable(getattr(_core, node.name))


def test_everything_public_is_documented():
    for name in promoflow.__all__:
        thing = getattr(promoflow, name)
        if isinstance(thing, type):
            assert (thing.__doc__ or "").strip(), name
            for member, value in vars(thing).items():
                if callable(value) and not member.startswith("_"):
                    assert (value.__doc__ or "").strip() or issubclass(thing, tuple), \
                        f"{name}.{member}"
        elif callable(thing) and name != "Clock":
            assert (thing.__doc__ or "").strip(), name
