"""The city map's file and the figures in it: whole, safe, summed by cell as one can check in the head."""

import re
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pyproj import Transformer
from shapely import MultiPolygon, Point, Polygon

from parcelplan.catalogue import LANGUAGES, Language, entries
from parcelplan.errors import CrsError, InputError
from parcelplan.views import city_map_data as figures
from parcelplan.views import palette
from parcelplan.views.city_charts import (
    blocked_bars,
    blocked_chart,
    city_land_chart,
    land_steps,
    readiness_chart,
    ready_bars,
)
from parcelplan.views.city_map import SCRIPTS, city_map, write_city_map
from parcelplan.views.packed import pack, steps
from tests.views.small_city import (
    CRS,
    EAST,
    NORTH,
    block,
    page_data,
    small_city,
    small_covers,
    unpack,
)

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028<!--"
KNOWN_ADDRESSES = {"www.w3.org", "leafletjs.com"}
CELL_M = 200.0
"""Some four squares to a cell."""


@pytest.fixture(scope="module")
def page() -> str:
    return city_map(small_city(), covers=small_covers(), cell_m=CELL_M)


def sums(page: str) -> dict[str, np.ndarray]:
    """The cells' figures, days and kinds as rows."""
    cells, _ = block(page, "cells")
    count = len(cells["count"])
    return {
        "count": cells["count"],
        "area": cells["area"],
        "kinds": cells["kinds"].reshape(-1, count),
        "free": cells["free"].reshape(-1, count).cumsum(axis=0),
        "ready": cells["ready"].reshape(-1, count).cumsum(axis=0),
    }


# --- packing


@given(st.lists(st.integers(-(2**31), 2**31 - 1)), st.lists(st.integers(-300, 300)), st.text())
def test_what_is_packed_reads_back(wide: list[int], narrow: list[int], word: str) -> None:
    arrays = {"wide": np.array(wide, dtype=np.int64), "narrow": np.array(narrow, dtype=np.int64)}
    found, texts = unpack(pack(arrays, {"word": word}))
    assert {name: values.tolist() for name, values in found.items()} == {"wide": wide, "narrow": narrow}
    assert texts == {"word": word}


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1])
def test_a_number_too_large_for_the_page_is_no_wrong_number(number: int) -> None:
    with pytest.raises(ValueError, match="areas"):
        pack({"areas": np.array([number])})


def test_steps_are_undone_by_summing() -> None:
    values = np.array([7, 7, -3, 90])
    assert np.cumsum(steps(values)).tolist() == values.tolist()


# --- figures


def test_cells_hold_the_sums_of_their_parcels(page: str) -> None:
    found = sums(page)
    assert found["count"].sum() == 16
    assert found["area"].tolist() == (10_000 * found["count"]).tolist()
    assert found["free"].sum(axis=1).tolist() == [
        160_000 - 4 * 5_000 - 4 * 2_500 + 1_250,
        160_000 - 4 * 2_500,
    ]
    assert dict(zip(page_data(page)["kinds"], found["kinds"].sum(axis=1).tolist(), strict=True)) == {
        "电力线路": 20_000,
        "河道": 10_000,
    }
    assert found["ready"].sum(axis=1).tolist() == [9 * 10_000, 12 * 10_000]


def test_a_cell_is_as_large_as_it_says_and_parcels_lie_in_theirs(page: str) -> None:
    data = page_data(page)
    parcels, texts = block(page, "parcels")
    cells, _ = block(page, "cells")
    assert data["cell_steps"] * data["step_m"] * data["ground"] == pytest.approx(CELL_M)
    # A degree of longitude at 29.5° is as many times longer in web Mercator as it is shorter on the ground.
    assert data["ground"] == pytest.approx(np.cos(np.radians(29.48)), abs=1e-3)
    x, y = (
        np.cumsum(parcels[axis]).reshape(16, 4) + data["origin"][place] for place, axis in enumerate("xy")
    )
    side = data["cell_steps"]
    ours = np.column_stack([x.mean(axis=1) // side, y.mean(axis=1) // side]).astype(int).tolist()
    theirs = np.column_stack([np.cumsum(cells["column"]), np.cumsum(cells["row"])])
    assert ours == np.repeat(theirs, cells["count"], axis=0).tolist()
    assert sorted(texts["ids"]) == sorted(small_city()["parcel_id"])


def test_outlines_come_back_to_a_decimetre(page: str) -> None:
    data = page_data(page)
    parcels, texts = block(page, "parcels")
    x, y = (
        np.cumsum(parcels[axis]).reshape(16, 4) + data["origin"][place] for place, axis in enumerate("xy")
    )
    back = Transformer.from_crs(3857, CRS, always_xy=True).transform(x * data["step_m"], y * data["step_m"])
    at = texts["ids"].index("P21")
    corners = {
        (round(float(e) - EAST), round(float(n) - NORTH))
        for e, n in zip(back[0][at], back[1][at], strict=True)
    }
    assert corners == {(200, 100), (300, 100), (300, 200), (200, 200)}


def test_holes_and_parts_are_rings_of_one_shape() -> None:
    ring = Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(2, 2), (4, 2), (4, 4)]])
    shapes = np.array([MultiPolygon([ring, Polygon([(20, 0), (29, 0), (29, 9)])]), ring], dtype=object)
    moved = gpd.GeoSeries(shapes).translate(EAST, NORTH).to_numpy()
    found = figures.ring_arrays(moved, small_city().crs, np.zeros(2, dtype=np.int64))
    assert found["rings"].tolist() == [3, 2]
    assert found["points"].tolist() == [4, 3, 3, 4, 3]
    assert len(found["x"]) == len(found["y"]) == 17
    closed = np.cumsum(found["x"])[:4] - np.cumsum(found["x"])[0]
    assert (closed / closed.max()).round(1).tolist() == [0, 1, 1, 0]


def test_parcels_without_an_outline_are_counted_in_a_note() -> None:
    shapes = [None, Polygon(), Point(EAST, NORTH), *small_city().geometry.iloc[3:]]
    page = city_map(small_city(geometry=shapes), note="Made up.", lang="en")
    assert sums(page)["count"].sum() == 13
    assert page_data(page)["note"] == "Made up. 3 more parcels have no outline and are not drawn."


def test_more_parcels_than_a_page_can_carry_are_drawn_as_cells_alone() -> None:
    page = city_map(small_city(), most_parcels=15, cell_m=CELL_M)
    assert 'id="pp-parcels"' not in page
    assert not page_data(page)["detail"]
    assert sums(page)["count"].sum() == 16


def test_days_are_those_of_the_developable_land(page: str) -> None:
    assert [stop["on"] for stop in page_data(page)["stops"]] == ["2025-12-31", "2027-01-01"]
    assert [theme["id"] for theme in page_data(page)["themes"]] == ["free", "ready", "kind-0", "kind-1"]


def test_without_them_days_are_those_on_which_parcels_become_ready() -> None:
    city = small_city().drop(columns=["developable_m2_20251231", "developable_m2_20270101"])
    found = page_data(city_map(city))["stops"]
    assert [found[0]["on"], found[1]["on"], found[-1]["on"]] == ["2025-12-31", "2026-01-01", "2027-01-01"]
    far = city.assign(ready_on=pd.to_datetime(["2025-12-31"] * 15 + ["2045-12-31"]))
    many = page_data(city_map(far))["stops"]
    assert len(many) < figures.MOST_STOPS
    assert many[-1]["on"] == "2045-12-31"


def test_figures_alone_are_enough() -> None:
    city = small_city()[["area_m2", "blocked_m2", "developable_m2", "geometry"]]
    page = city_map(city.set_index(pd.Index([f"Q{place}" for place in range(16)])))
    data = page_data(page)
    assert (data["stops"], data["layers"], [theme["id"] for theme in data["themes"]]) == ([], [], ["free"])
    assert sums(page)["free"].shape[0] == 1
    assert "pp-slider" not in page.split("<header", 1)[1].split("</script>")[0]
    assert set(block(page, "parcels")[1]["ids"]) == {f"Q{place}" for place in range(16)}


def test_codes_become_words_and_unknown_ones_stay() -> None:
    city = small_city(stage="net_land", last_gate="reservoir")
    columns = {item["name"]: item for item in block(city_map(city, lang="en"), "parcels")[1]["columns"]}
    assert columns["stage"]["words"] == ["Net land"]
    assert columns["last_gate"]["words"] == ["reservoir"]
    assert [figures.kind_label("reservoir", lang) for lang in LANGUAGES] == ["reservoir", "reservoir"]


def test_covers_keep_kind_name_and_days(page: str) -> None:
    covers, texts = block(page, "covers")
    labels = [layer["label"] for layer in page_data(page)["layers"]]
    assert [labels[place] for place in covers["kind"]] == ["电力线路", "河道"]
    assert texts == {"names": ["L1", "R1"], "works": ["W1", ""]}
    assert covers["until"].tolist() == [(pd.Timestamp("2027-01-01") - pd.Timestamp("1970-01-01")).days, 0]


def test_covers_in_another_system_are_brought_over(page: str) -> None:
    moved = city_map(small_city(), covers=small_covers().to_crs(4490), cell_m=CELL_M)
    ours, theirs = (block(item, "covers")[0] for item in (page, moved))
    assert np.abs(np.cumsum(ours["x"]) - np.cumsum(theirs["x"])).max() <= 1


# --- the file


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_in_the_file_loads_from_outside(lang: Language) -> None:
    page = city_map(small_city(), covers=small_covers(), lang=lang)
    assert set(re.findall(r"https?://([\w.-]+)", page)) <= KNOWN_ADDRESSES
    assert not re.search(r"<(link|iframe|img)\b|<script[^>]+src=|@import|sourceMappingURL=\S*\.map", page)
    assert "default-src &#x27;none&#x27;" in page


def test_the_same_city_gives_the_same_file_and_stays_as_it_was(page: str) -> None:
    city, covers = small_city(), small_covers()
    assert city_map(city, covers=covers, cell_m=CELL_M) == page
    assert_frame_equal(city, small_city())
    assert_frame_equal(covers, small_covers())


def test_the_order_of_rows_changes_no_figure(page: str) -> None:
    turned = sums(city_map(small_city().iloc[::-1], covers=small_covers(), cell_m=CELL_M))
    for name, values in sums(page).items():
        assert values.tolist() == turned[name].tolist()


def test_hostile_text_stays_text() -> None:
    city = small_city(parcel_id=HOSTILE, district=HOSTILE).rename(
        columns={"blocked_m2_power": f"blocked_m2_{HOSTILE}"}
    )
    covers = small_covers(cover_id=HOSTILE, kind=HOSTILE)
    page = city_map(city, covers=covers, title=HOSTILE, note=HOSTILE)
    assert "<img src=x" not in page
    assert page_data(page)["title"] == HOSTILE
    assert set(block(page, "parcels")[1]["ids"]) == {HOSTILE}


def test_a_parcel_costs_little_room() -> None:
    city = gpd.GeoDataFrame(pd.concat([small_city()] * 200, ignore_index=True), crs=CRS)
    few, many = (len(city_map(city.iloc[:count])) for count in (16, 3200))
    assert (many - few) / 3184 < 100


def test_the_map_is_written_whole(tmp_path: Any, page: str) -> None:
    path = write_city_map(tmp_path / "out" / "city.html", small_city(), covers=small_covers(), cell_m=CELL_M)
    assert path.read_text(encoding="utf-8") == page


# --- mistakes of the caller


def test_parcels_that_were_not_screened_are_refused() -> None:
    with pytest.raises(InputError, match="no column blocked_m2, developable_m2"):
        city_map(small_city().drop(columns=["blocked_m2", "developable_m2"]))


def test_parcels_without_any_outline_are_refused() -> None:
    with pytest.raises(InputError, match="None of the 16 parcels has an outline"):
        city_map(small_city(geometry=[Polygon()] * 16))


def test_degrees_are_refused() -> None:
    with pytest.raises(CrsError, match="not a plane system in metres"):
        city_map(small_city().to_crs(4326))


def test_covers_that_lie_nowhere_are_refused() -> None:
    with pytest.raises(CrsError, match="covers has no coordinate reference system"):
        city_map(small_city(), covers=small_covers().set_crs(None, allow_override=True))


def test_land_without_area_is_drawn_all_the_same() -> None:
    page = city_map(small_city(area_m2=0.0, developable_m2=0.0, blocked_m2=np.nan))
    assert sums(page)["area"].sum() == 0


# --- words and colours


def script() -> str:
    folder = resources.files("parcelplan.views").joinpath("static")
    names = [("city", f"{name}.js") for name in SCRIPTS]
    names += [("page", item.name) for item in folder.joinpath("page").iterdir()]
    return "\n".join(folder.joinpath(*name).read_text(encoding="utf-8") for name in names)


def test_the_script_finds_every_word_it_says() -> None:
    said = set(re.findall(r'(?<!\.)\b(?:ui|fill)\("(\w+)"', script()))
    words = {code.removeprefix("city_map.ui.") for code in entries() if code.startswith("city_map.ui.")}
    assert len(said) > 20
    assert said <= words
    markup = (
        resources.files("parcelplan.views").joinpath("templates", "city.html").read_text(encoding="utf-8")
    )
    assert {word for word in words if f'"{word}"' not in script() and f"ui.{word} " not in markup} == {
        "search"
    }


def test_both_languages_fill_the_same_places() -> None:
    for code, entry in entries().items():
        if code.startswith("city_map."):
            zh, en = (set(re.findall(r"\{(\w+)", entry[lang])) for lang in LANGUAGES)
            assert zh == en, code


def test_shares_rise_in_lightness_so_that_no_colour_vision_is_needed() -> None:
    def lightness(color: str) -> float:
        red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
        linear = [
            ((part + 0.055) / 1.055) ** 2.4 if part > 0.04045 else part / 12.92 for part in (red, green, blue)
        ]
        luminance = float(np.dot(linear, [0.2126, 0.7152, 0.0722]))
        return 116 * luminance ** (1 / 3) - 16

    shades = [lightness(item["color"]) for item in palette.shares()]
    assert min(np.diff(shades)) > 8
    for item in palette.shares():
        assert abs(lightness(item["color"]) - lightness(item["ink"])) > 40


def test_every_kind_has_a_sign_of_its_own() -> None:
    signs = palette.cover_signs(["road", "river", "power", "reserve", "heritage"])
    assert len({str(sign) for sign in signs.values()}) == 5
    assert palette.cover_signs([f"kind {place}" for place in range(12)])["kind 11"]["pattern"] == "unknown"


# --- charts


def test_bars_of_kinds_and_of_all_together() -> None:
    bars = blocked_bars(small_city(), "en")
    assert bars["row"].tolist() == ["Power lines", "Rivers", "all kinds (overlaps once)"]
    assert bars["km2"].tolist() == pytest.approx([0.02, 0.01, 0.02875])
    assert bars["text"].iloc[-1] == "0.03 km² (17.97%)"


def test_the_curve_says_its_first_and_last_day() -> None:
    found = land_steps(small_city(developable_m2_20260101=8_000.0), "en")
    assert found["on"].tolist() == [pd.Timestamp(day) for day in ("2025-12-31", "2026-01-01", "2027-01-01")]
    assert found["km2"].tolist() == pytest.approx([0.13125, 0.128, 0.15])
    assert found["text"].tolist() == ["0.13 km² (82.03%)", "", "0.15 km² (93.75%)"]


def test_ready_land_by_month_adds_to_what_is_ready_now() -> None:
    index = pd.MultiIndex.from_tuples(
        [
            ("A", "now"),
            ("A", "2026-03"),
            ("A", "2027-01"),
            ("A", "never"),
            ("B", "2026-03"),
            ("B", "unknown"),
        ],
        names=["district", "month"],
    )
    found = ready_bars(pd.DataFrame({"area_m2": [4e6, 1e6, 2e6, 1e6, 5e6, 5e6]}, index=index)).set_index(
        ["district", "on"]
    )
    assert found.loc["A", "so_far"].tolist() == pytest.approx([5 / 8, 7 / 8])
    assert found.loc["B", "so_far"].tolist() == pytest.approx([0.5, 0.5])
    assert found.loc[("B", pd.Timestamp("2027-01-01")), "km2"] == 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_charts_are_charts(lang: Language) -> None:
    city = small_city()
    months = pd.DataFrame(
        {"area_m2": [1e6, 2e6]},
        index=pd.MultiIndex.from_tuples([("A", "now"), ("A", "2026-03")], names=["block", "month"]),
    )
    for chart in (blocked_chart(city, lang), city_land_chart(city, lang), readiness_chart(months, lang)):
        drawn = chart.to_dict()
        titles = str([drawn.get(part) for part in ("layer", "vconcat")])
        assert bool(re.search(r"[\u4e00-\u9fff]", titles)) == (lang == "zh")
