"""What is asked of covers and parcels, and where the answers go: all that the compiled part and the rest share."""

from __future__ import annotations

from typing import NamedTuple

from parcelplan.geometry.arrays import Bools, Bytes, Floats, Ints

CRUMB = 1e-6
"""Areas that rounding of coordinates leaves, m²: neither land nor a cover of land."""
WHOLE_LAND, PARTLY, GONE, HARD = range(4)
"""What became of a parcel; of a hard one only general overlays can tell."""


class Asked(NamedTuple):
    """What is asked of covers."""

    kind: Ints
    """Number of the kind of each cover."""
    holding: Bools
    """Which covers hold for the land that is left."""
    in_force: Bools
    """Shape (days, covers)."""
    left: bool
    """Whether to tell what land is left."""
    shares: bool
    """Whether to list what each cover takes."""


class Told(NamedTuple):
    """Answers, in the order of the input; every parcel has its own place in them."""

    state: Ints
    by_kind: Floats
    """Covered area, shape (kinds, parcels)."""
    blocked: Floats
    pieces: Ints
    largest: Floats
    day_by_kind: Floats
    """Shape (kinds, days, parcels)."""
    day_blocked: Floats
    """Shape (days, parcels)."""


class Outcome(NamedTuple):
    """What is left of the parcels of a slice that are cut, and what each cover takes."""

    text: Bytes
    """What is left of each, as well-known binary."""
    first: Ints
    """Where each begins, and one more at the end."""
    row: Ints
    """Parcel of each, by its place in the input."""
    share_row: Ints
    share_cover: Ints
    share: Floats
