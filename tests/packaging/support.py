# SPDX-License-Identifier: Apache-2.0
"""What the tests of packages share."""

import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(os.environ["PROMOFLOW_SOURCE_DIR"]).resolve()
BUILD = Path(os.environ["PROMOFLOW_BUILD_DIR"]).resolve()
PROGRAM = Path(os.environ["PROMOFLOW_PROGRAM"]).resolve()
PACKAGING = SOURCE / "packaging"
CMAKE = os.environ.get("CMAKE_COMMAND", "cmake")
CXX = os.environ.get("CXX", "c++")


def run(*command, log=None, **more):
    """What a command prints; a failure shows the end of it."""
    done = subprocess.run([str(word) for word in command], text=True, encoding="utf-8",
                          errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout[-6000:]}")
    return done.stdout


def copy_sources(into):
    """The sources, as git lists them: without what was built of them or installed beside them."""
    for name in run("git", "-C", SOURCE, "ls-files", "-z", "--cached", "--others",
                    "--exclude-standard").split("\0"):
        if name and (SOURCE / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / name, into / name, follow_symlinks=False)


def with_ccache(scratch):
    """The environment, with a compiler that remembers what it compiled, if there is one: also in
    another folder than this scratch folder, whose name is another one each time."""
    folder = "/usr/lib/ccache"
    path = os.environ.get("PATH", "")
    return dict(os.environ, PATH=f"{folder}:{path}" if os.path.isdir(folder) else path,
                CCACHE_BASEDIR=str(scratch), CCACHE_NOHASHDIR="1")
