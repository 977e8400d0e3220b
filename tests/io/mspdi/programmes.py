"""Programmes made up at random, in the registry's form, for files to carry there and back."""

from datetime import date

from hypothesis import strategies as st

from parcelplan.io.programme.tables import TABLES, Programme, frame_of

# Letters that people type, marks that files part cells by, and what XML must escape.
TEXT = (
    st.text(alphabet=st.sampled_from("abWX12 征地拆迁一二（）、&<>\"'=+-@#.。%"), min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda text: any(sign.isalnum() for sign in text))
)
LONG = st.one_of(TEXT, st.integers(60, 120).map(lambda count: ";".join(f"parcel:P{n}" for n in range(count))))
DAYS = st.dates(date(2023, 1, 1), date(2027, 12, 31))
IDS = [f"W{number:02d}" for number in range(1, 8)]
KINDS = ["plan_adjustment", "special_plan", "acquisition", "line_undergrounding", "river_diversion", "road"]
CELLS = {
    "kind": st.sampled_from(KINDS),
    "name": TEXT,
    "lead": TEXT,
    "responsible": TEXT,
    "annex_row": TEXT,
    "earliest_start_on": DAYS,
    "started_on": DAYS,
    "due_on": DAYS,
    "finished_on": DAYS,
    "deadline_on": DAYS,
    "fixed_on": DAYS,
    "duration_optimistic_days": st.integers(1, 900),
    "duration_likely_days": st.integers(1, 900),
    "duration_pessimistic_days": st.integers(1, 900),
    "progress": st.floats(0, 1).map(lambda share: round(share, 4)),
    "calendar": st.sampled_from(["river", "office", "nowhere"]),
    "crews": st.sampled_from(["C1:2;C2", "C2", "C1；C9×3", "nobody"]),
    "cost_wanyuan": st.floats(0, 90_000).map(lambda cost: round(cost, 6)),
    "paid_at_start": st.floats(0, 1).map(lambda share: round(share, 3)),
    "covers": LONG,
    "clears": TEXT,
    "creates": TEXT,
    "note": TEXT,
}
LINKS = ["{0}", "{0}:SS+10", "{0}:FF-3", "{0}:SF+400", "{0}:FS-2", "W99:FS+1", "rubbish"]


@st.composite
def programmes(draw):
    """Works with every column filled or empty, crews, calendars, closures and alternatives."""
    works = []
    for place, work_id in enumerate(IDS[: draw(st.integers(1, 5))]):
        row = {name: draw(st.none() | cells) for name, cells in CELLS.items()}
        row |= {"work_id": work_id, "kind": row["kind"] or "road", "name": row["name"] or work_id}
        links = draw(st.lists(st.sampled_from(LINKS), max_size=3, unique=True))
        row["predecessors"] = ";".join(link.format(IDS[max(place - 1, 0)]) for link in links) or None
        works.append(row)
    tables = {"works": works} | {name: draw(rows) for name, rows in _BESIDE.items()}
    return Programme(tables={name: frame_of(name, tables[name])[0] for name in TABLES if tables[name]})


_PERIOD = st.tuples(DAYS, st.integers(1, 400)).map(
    lambda pair: {"from_on": pair[0], "until_on": date.fromordinal(pair[0].toordinal() + pair[1])}
)
_CREWS = st.lists(
    st.tuples(st.sampled_from(["C1", "C2"]), st.integers(0, 9), st.one_of(st.just({}), _PERIOD)).map(
        lambda item: {"crew_id": item[0], "capacity": item[1], "name": f"队{item[0]}"} | item[2]
    ),
    max_size=4,
)
_CALENDARS = st.lists(
    st.tuples(
        st.sampled_from(["river", "office"]), st.sampled_from(["all", "working", None]), st.booleans()
    ).map(lambda item: {"calendar_id": item[0], "name": "日历", "week": item[1], "interruptible": item[2]}),
    max_size=2,
    unique_by=lambda row: row["calendar_id"],
)
_CLOSURES = st.lists(
    st.tuples(st.sampled_from(["river", "office"]), _PERIOD, st.booleans(), st.none() | TEXT).map(
        lambda item: {"calendar_id": item[0], "yearly": item[2], "note": item[3]} | item[1]
    ),
    max_size=3,
)
_ALTERNATIVES = st.lists(
    st.tuples(st.sampled_from(IDS), TEXT, st.integers(1, 300)).map(
        lambda item: {"work_id": item[0], "mode": item[1], "duration_likely_days": item[2], "crews": "C1"}
    ),
    max_size=2,
)
_BESIDE = {"crews": _CREWS, "calendars": _CALENDARS, "closures": _CLOSURES, "alternatives": _ALTERNATIVES}
