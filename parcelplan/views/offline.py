"""What makes a page whole in one file: scripts, style sheets and data that stand inside it."""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from importlib import resources
from pathlib import Path
from typing import Any

_CSS_FILE = re.compile(r"""url\(\s*["']?(?!data:|#)([^)"']+)["']?\s*\)""")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SOURCE_MAP = re.compile(r"^//[#@] sourceMappingURL=.*$", re.MULTILINE)
# JSON stays JSON with these written as escapes, and no text in it can end or open a tag of the page.
_UNSAFE: dict[str, str | int | None] = {
    character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"
}


def package_text(*parts: str) -> str:
    """Read a text file of ``views/static`` or ``views/templates``."""
    return resources.files("parcelplan.views").joinpath(*parts).read_text(encoding="utf-8")


def json_for_script(value: Any) -> str:
    r"""Write JSON that may stand between script tags whatever text it carries.

    Examples
    --------
    >>> json_for_script({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(str.maketrans(_UNSAFE))


def data_uri(file: Path) -> str:
    """Write a file as a data URI of its media type."""
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"data:{media_type};base64,{base64.b64encode(file.read_bytes()).decode('ascii')}"


def inline_css(file: Path) -> str:
    """Read a style sheet without its comments and put the files it names, looked up beside it, into it."""
    rules = _CSS_COMMENT.sub("", file.read_text(encoding="utf-8"))
    return _CSS_FILE.sub(lambda match: f"url({data_uri(file.parent / match[1])})", rules)


def inline_js(file: Path) -> str:
    """Read a script without the pointer to its source map, which a browser's tools would try to load."""
    return _SOURCE_MAP.sub("", file.read_text(encoding="utf-8")).strip()
