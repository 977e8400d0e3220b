"""Field names of a shapefile: at most ten bytes, no two alike."""

from __future__ import annotations

from collections.abc import Sequence

NAME_BYTES = 10


def short_names(names: Sequence[str], encoding: str = "UTF-8") -> dict[str, str]:
    """Shorten names to ten bytes, between letters, and keep them apart by a number.

    Parameters
    ----------
    names
        Names of all fields, each once.
    encoding
        In which the bytes are counted: a Chinese letter is three in UTF-8 and two in GB18030.

    Returns
    -------
    dict
        Every name, in the order given, to its short form; names that fit stay as they are.

    Raises
    ------
    UnicodeEncodeError
        A name has a letter that the encoding lacks.

    Examples
    --------
    >>> short_names(["parcel_id", "parcel_identifier", "地块编号", "parcel_identity"])
    {'parcel_id': 'parcel_id', 'parcel_identifier': 'parcel_ide', '地块编号': '地块编', 'parcel_identity': 'parcel_i_1'}
    """
    # Names that fit have the first say, so that a cut one never takes theirs.
    fitting = {name for name in names if len(name.encode(encoding)) <= NAME_BYTES}
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda item: item not in fitting):
        found[name] = _free(name, taken, encoding)
        taken.add(found[name].lower())
    return {name: found[name] for name in names}


def _free(name: str, taken: set[str], encoding: str) -> str:
    short, number = _cut(name, NAME_BYTES, encoding), 0
    while short.lower() in taken:
        number += 1
        end = f"_{number}"
        short = _cut(name, NAME_BYTES - len(end), encoding) + end
    return short


def _cut(name: str, size: int, encoding: str) -> str:
    return name.encode(encoding)[:size].decode(encoding, errors="ignore")
