"""Documents that define entities are refused before a native reader sees them, in whatever encoding they hide."""

from pathlib import Path

import pytest

from parcelplan.errors import InputError
from parcelplan.io.guard.xml_prolog import refuse_entities

LAUGHS = '<!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
GOOD = {
    "plain": b"<kml/>",
    "declared": b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- <!DOCTYPE no> -->\n<kml/>',
    "marked": b"\xef\xbb\xbf<kml/>",
    "latin": '<?xml version="1.0" encoding="ISO-8859-1"?><kml>é</kml>'.encode("latin-1"),
    "utf-16": '<?xml version="1.0" encoding="UTF-16"?><kml>中</kml>'.encode("utf-16"),
    "gbk": '<?xml version="1.0" encoding="GB2312"?><!-- 中文 --><kml>宗地</kml>'.encode("gbk"),
    "doctype of a description": b"<kml><![CDATA[<!DOCTYPE html>]]></kml>",
    "broken behind the first tag": b"<kml><open></kml",
    "json": b'{"type": "FeatureCollection"}',
    "nothing": b"",
    "noise": bytes(range(256)),
}
EVIL = {
    "internal": f"{LAUGHS}<k>&b;</k>".encode(),
    "external": b'<?xml version="1.0"?><!DOCTYPE k SYSTEM "file:///etc/passwd"><k/>',
    "public": b'<!DOCTYPE k PUBLIC "x" "http://example.org/x.dtd"><k/>',
    "marked": b"\xef\xbb\xbf" + f"{LAUGHS}<k/>".encode(),
    "utf-16": f'<?xml version="1.0" encoding="UTF-16"?>{LAUGHS}<k/>'.encode("utf-16"),
    "gb18030": f'<?xml version="1.0" encoding="GB18030"?><!-- 中 -->{LAUGHS}<k/>'.encode("gb18030"),
    "behind a long comment": b"<!--" + b"x" * 200_000 + b"-->" + f"{LAUGHS}<k/>".encode(),
    "behind space": f" \n\t{LAUGHS}<k/>".encode(),
}
BROKEN = {
    "cut short": b'<?xml version="1.0"',
    "no tag": b"<!-- nothing else -->",
    "unknown encoding": b'<?xml version="1.0" encoding="x-none"?><k/>',
    "no text encoding": b'<?xml version="1.0" encoding="rot13"?><k/>',
    "not in its encoding": b'<?xml version="1.0" encoding="gbk"?><!-- \xff\xff --><k/>',
    "utf-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE k><k/>',
    "a prolog without end": b"<!-- " + b"x" * 1_200_000,
}


def written(folder: Path, content: bytes, name: str = "land.kml") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", GOOD)
def test_harmless_files_pass(tmp_path: Path, name: str) -> None:
    assert refuse_entities(written(tmp_path, GOOD[name])) is None


@pytest.mark.parametrize("name", EVIL)
def test_entities_are_refused_whatever_the_name_of_the_file(tmp_path: Path, name: str) -> None:
    for suffix in (".kml", ".gml", ".geojson", ".txt"):
        with pytest.raises(InputError, match="DOCTYPE") as caught:
            refuse_entities(written(tmp_path, EVIL[name], f"land{suffix}"))
        assert caught.value.code == "error.xml_entities"
        assert f"land{suffix}" in caught.value.message("zh")


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_document_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"land\.kml") as caught:
        refuse_entities(written(tmp_path, BROKEN[name]))
    assert caught.value.code == "error.xml_broken"
