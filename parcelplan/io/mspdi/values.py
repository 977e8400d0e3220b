"""How MSPDI writes days, durations and lags."""

from __future__ import annotations

import math
import re
from datetime import date

MINUTES_PER_DAY = 480
"""Minutes of a day where a file does not say; the program's own default."""
MINUTES_BY_CLOCK = 1_440
TENTHS = 10
"""Lags are in tenths of a minute."""
CENTS = 100
"""Money is written in hundredths of the currency's unit."""
START, FINISH = "08:00:00", "17:00:00"
DAYS, ELAPSED_DAYS, ESTIMATED_DAYS = 7, 8, 39
"""Codes of formats: working days, days by the calendar, working days with a question mark."""
ELAPSED = frozenset((4, 6, 8, 10, 12, 36, 38, 40, 42, 44))
"""Formats that count by the clock, nights and holidays included."""
PERCENT = frozenset((19, 20, 51, 52))
ESTIMATED_FROM = 35
"""Formats from here on carry a question mark, but for 53, which is none."""

_DURATION = re.compile(
    r"(-)?P(?:(\d+)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?")


def duration_minutes(text: str) -> float | None:
    """Minutes of a duration; None where it is none.

    Examples
    --------
    >>> duration_minutes("PT80H30M0S"), duration_minutes("P1D"), duration_minutes("80h")
    (4830.0, 1440.0, None)
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or text.strip().endswith(("P", "T")):
        return None
    sign, days, hours, minutes, seconds = match.groups()
    parts = (float(days or 0), float(hours or 0), float(minutes or 0), float(seconds or 0))
    total = parts[0] * MINUTES_BY_CLOCK + parts[1] * 60 + parts[2] + parts[3] / 60
    return -total if sign else total


def duration_text(days: int) -> str:
    """Days of eight hours as a duration.

    Examples
    --------
    >>> duration_text(3)
    'PT24H0M0S'
    """
    return f"PT{days * MINUTES_PER_DAY // 60}H0M0S"


def whole_days(minutes: float, minutes_per_day: int) -> int:
    """Days that some minutes fill, a day begun counted whole."""
    return math.ceil(round(minutes / minutes_per_day, 6))


def day_of(text: str, *, end: bool = False) -> date | None:
    """Day of a point in time; None where the text is no such point.

    Parameters
    ----------
    text
        Such as ``2024-06-30T17:00:00``; a time zone is not looked at, since schedules speak of local days.
    end
        Whether something ends then: midnight ends the day before.
    """
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute = match.groups()
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    if end and hour is not None and int(hour) == int(minute) == 0 and found > date.min:
        return date.fromordinal(found.toordinal() - 1)
    return found


def at_start(day: date) -> str:
    """The point at which a day's work begins."""
    return f"{day.isoformat()}T{START}"


def at_finish(day: date) -> str:
    """The point at which a day's work ends."""
    return f"{day.isoformat()}T{FINISH}"


def number(text: str) -> float | None:
    """A finite figure; None where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def integer(text: str, default: int = 0) -> int:
    """A whole number, or the default where the text is none."""
    value = number(text)
    return int(value) if value is not None and abs(value) < 2**53 else default


def flag(text: str) -> bool:
    """A truth value: 1 or true."""
    return text.strip().lower() in {"1", "true"}
