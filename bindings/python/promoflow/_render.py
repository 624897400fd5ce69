# SPDX-License-Identifier: Apache-2.0
"""How pictures are asked for."""

from __future__ import annotations

from typing import Literal

from .errors import InvalidArgumentError

RenderFormat = Literal["text", "mermaid", "dot", "svg"]
_FORMATS = {"text": 1, "mermaid": 2, "dot": 3, "svg": 4}  # PROMOFLOW_RENDER_...


def options(format: str, color: bool, ascii: bool, width: int) -> tuple[int, bool, bool, int]:
    if format not in _FORMATS:
        raise InvalidArgumentError(
            "a picture is one of " + ", ".join(_FORMATS), "invalid-argument", "format")
    return _FORMATS[format], color, ascii, width
