"""Units that rules are written in, and the one place where they become metres, m², yuan and ratios."""

from __future__ import annotations

from parcelplan.errors import ConfigError
from parcelplan.units import M2_PER_HA, M2_PER_MU, YUAN_PER_WANYUAN

PERCENT = 0.01

UNITS: dict[str, tuple[str, float]] = {
    "count": ("count", 1.0),
    "ratio": ("ratio", 1.0),
    "percent": ("ratio", PERCENT),
    "m": ("length", 1.0),
    "m2": ("area", 1.0),
    "mu": ("area", M2_PER_MU),
    "ha": ("area", M2_PER_HA),
    "day": ("days", 1.0),
    "working_day": ("working_days", 1.0),
    "year": ("years", 1.0),
    "yuan/m2": ("yuan_per_m2", 1.0),
    "wanyuan/mu": ("yuan_per_m2", YUAN_PER_WANYUAN / M2_PER_MU),
    "wanyuan/ha": ("yuan_per_m2", YUAN_PER_WANYUAN / M2_PER_HA),
    "tce/wanyuan": ("tce_per_yuan", 1.0 / YUAN_PER_WANYUAN),
}
"""Unit of a rule file: the dimension it measures, and the factor to that dimension's base unit."""


def factor(unit: str, dimension: str, rule_id: str) -> float:
    """How many base units one unit is.

    Parameters
    ----------
    unit
        Key of :data:`UNITS`, as the rule file has it.
    dimension
        What the caller compares with, such as ``yuan_per_m2``.
    rule_id
        Named in the message.

    Raises
    ------
    ConfigError
        The rule is written in a unit of another dimension, so that comparing would be wrong in silence.

    Examples
    --------
    >>> round(factor("wanyuan/mu", "yuan_per_m2", "standard_land.tax_min"), 6)
    15.0
    """
    found, size = UNITS[unit]
    if found != dimension:
        known = ", ".join(name for name, (kind, _) in UNITS.items() if kind == dimension)
        raise ConfigError("error.rule_unit", rule_id=rule_id, unit=unit, known=known)
    return size
