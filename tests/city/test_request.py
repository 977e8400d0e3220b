"""What may be asked of a screening, and what is refused before anything is read."""

import pickle
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from parcelplan.city.request import check_request, parse_constraint
from parcelplan.errors import ConfigError, InputError
from tests.city.loose import asked, power, saved, street


@pytest.mark.parametrize(
    ("text", "kind", "file", "layer", "width"),
    [
        ("power=lines.parquet:dist", "power", "lines.parquet", None, "dist"),
        ("river=rivers.gpkg:30", "river", "rivers.gpkg", None, 30.0),
        ("red_line=base.gpkg#limits:0", "red_line", "base.gpkg", "limits", 0.0),
        ("河道=C:/数据/河.gpkg:宽", "河道", "C:/数据/河.gpkg", None, "宽"),
    ],
)
def test_a_constraint_is_a_kind_a_file_and_a_width(text, kind, file, layer, width):
    spec = parse_constraint(text)
    assert (spec.kind, spec.path, spec.layer, spec.width) == (kind, Path(file), layer, width)


def test_a_sign_in_the_name_of_a_file_names_no_layer(tmp_path):
    file = saved(power(1), tmp_path / "lines#2.parquet")
    assert parse_constraint(f"power={file}:dist").path == file


@pytest.mark.parametrize(
    "text", ["power", "power=", "power=lines.parquet", "=lines.parquet:3", "a b=f:3", "power=f:"]
)
def test_a_constraint_of_another_form_is_refused_with_the_form(text):
    with pytest.raises(ConfigError, match=r"KIND=FILE\[#LAYER\]:COLUMN\|METRES"):
        parse_constraint(text)


@pytest.mark.parametrize("width", ["-3", "nan", "inf"])
def test_a_width_that_is_no_length_is_refused(width):
    with pytest.raises(ConfigError, match="0 m or more"):
        parse_constraint(f"river=rivers.gpkg:{width}")


@pytest.fixture
def good(tmp_path):
    saved(power(2), tmp_path / "lines.parquet")
    return asked(tmp_path, street(2), "power=lines.parquet:dist")


def test_what_can_be_asked_passes_and_is_small_to_send(good):
    check_request(good)
    assert len(pickle.dumps(good.absolute())) < 2_000


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"out": Path("out.shp")}, ConfigError, r"\.parquet, \.fgb, \.gpkg"),
        ({"constraints": ()}, ConfigError, "what to screen against"),
        ({"site": Path("site")}, ConfigError, "one or the other"),
        ({"chunk_rows": 0}, ConfigError, "At least 1 parcel"),
        ({"readiness": True}, ConfigError, "--readiness needs a day"),
        ({"scenario": "late"}, ConfigError, "--scenario needs a site"),
        ({"parcels": Path("nowhere.parquet")}, InputError, "nowhere.parquet"),
    ],
)
def test_what_cannot_be_is_refused(good, change, error, says):
    with pytest.raises(error, match=says):
        check_request(replace(good, **change))


def test_readiness_needs_a_site_or_a_day(good):
    with pytest.raises(ConfigError, match="day"):
        check_request(replace(good, readiness=True, as_of=None))
    check_request(replace(good, readiness=True, as_of=date(2026, 1, 1)))


def test_an_input_is_never_written_over(good, tmp_path):
    for path in (good.parcels, good.constraints[0].path):
        with pytest.raises(ConfigError, match=path.name):
            check_request(replace(good, out=path), overwrite=True)
    parts = tmp_path / "partitions"
    parts.mkdir()
    with pytest.raises(ConfigError, match="partitions"):
        check_request(replace(good, parcels=parts, out=parts / "out.parquet"))


def test_an_output_that_is_there_stays_unless_told_otherwise(good):
    good.out.touch()
    with pytest.raises(ConfigError, match="--overwrite"):
        check_request(good)
    check_request(good, overwrite=True)
