#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Build the package as its users get it, install it into an empty environment, and test it there.

    check.py --build BUILD [--into DIR] [PYTEST-OPTION...]

BUILD is a build of the library: it is installed into DIR/prefix, so that nothing is compiled twice.
An sdist is made, a wheel is made of the sdist against that prefix, and the wheel is installed into
a new environment with nothing but what the tests need. What builds and tests (scikit-build-core,
pytest, mypy) comes from PyPI, once; later calls need no network.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = ["scikit-build-core>=0.10", "pytest>=7", "mypy>=1.8", "typing-extensions"]


def call(*command, cwd=HERE, quiet=False, **environment):
    done = subprocess.run([os.fspath(part) for part in command], cwd=cwd, check=False,
                          stdout=subprocess.DEVNULL if quiet else None,
                          env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment})
    if done.returncode != 0:
        sys.exit(f"check.py: {' '.join(map(str, command))}: exit status {done.returncode}")


def python_of(folder):
    found = [folder / "bin" / "python", folder / "Scripts" / "python.exe"]
    return next((path for path in found if path.exists()), found[0])


def tools(into):
    """An environment with what builds and tests; kept."""
    folder = into / f"tools-{sys.version_info[0]}.{sys.version_info[1]}"
    ready = folder / "ready"
    if not ready.exists() or ready.read_text() != repr(TOOLS):
        venv.create(folder, with_pip=True, clear=True)
        call(python_of(folder), "-m", "pip", "install", "--quiet", *TOOLS)
        ready.write_text(repr(TOOLS))
    return python_of(folder)


def library(build, into):
    prefix = into / "prefix"
    shutil.rmtree(prefix, ignore_errors=True)
    call(os.environ.get("CMAKE_COMMAND", "cmake"), "--install", build, "--prefix", prefix,
         quiet=True)
    if not (prefix / "include/promoflow/promoflow.h").exists():
        sys.exit("check.py: this build has no C ABI")
    return prefix


def unpack(source, into):
    """Only what has changed becomes newer: so only that is compiled again."""
    with tarfile.open(source) as archive:
        files = {member.name: archive.extractfile(member).read()
                 for member in archive.getmembers() if member.isfile()}
    for path in list(into.rglob("*")):
        if path.is_file() and path.relative_to(into).as_posix() not in files:
            path.unlink()
    for name, content in files.items():
        path = into / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return into / next(iter(files)).split("/")[0]


def wheel(python, prefix, into):
    """sdist, then the wheel of what is in it."""
    dist = into / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir(parents=True)
    call(python, "-c", "import sys; from scikit_build_core.build import build_sdist; "
                       "print(build_sdist(sys.argv[1]))", dist)
    source = next(dist.glob("*.tar.gz"))
    unpacked = unpack(source, into / "sdist")
    call(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
         "--wheel-dir", dist, "--config-settings", f"build-dir={into / 'wheel'}",
         "--config-settings", "cmake.define.PROMOFLOW_WERROR=ON",
         "--config-settings", f"cmake.define.CMAKE_PREFIX_PATH={prefix}",
         unpacked)
    return next(dist.glob("*.whl"))


def environment(python, made, into):
    """A new environment: the wheel, which needs nothing; the tools of the tests are lent to it."""
    folder = into / "environment"
    venv.create(folder, with_pip=False, clear=True)
    site = next(folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages")
    call(python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", site,
         made)
    call(python_of(folder), "-c", "import promoflow; print('promoflow', promoflow.__version__)",
         cwd=folder)
    lent = subprocess.run([python, "-c", "import pytest; print(pytest.__path__[0])"], check=True,
                          capture_output=True, text=True).stdout.strip()
    (site / "tools.pth").write_text(os.fspath(Path(lent).parent) + "\n")
    return python_of(folder)


def main():
    parser = argparse.ArgumentParser(description="Build, install and test the Python package.")
    parser.add_argument("--build", type=Path, required=True, help="a build of the library")
    parser.add_argument("--into", type=Path, help="where all of it goes; BUILD/python")
    arguments, options = parser.parse_known_args()
    into = (arguments.into or arguments.build / "python").resolve()
    into.mkdir(parents=True, exist_ok=True)
    python = tools(into)
    made = wheel(python, library(arguments.build.resolve(), into), into)
    # Not from here: what is imported is what was installed.
    call(environment(python, made, into), "-m", "pytest", "-p", "no:cacheprovider", "-q",
         "--rootdir", HERE, "-c", HERE / "pyproject.toml", HERE / "tests", *options, cwd=into,
         PROMOFLOW_SOURCE_DIR=os.environ.get("PROMOFLOW_SOURCE_DIR", str(HERE.parents[1])),
         PYTHONDONTWRITEBYTECODE="1")


if __name__ == "__main__":
    main()
