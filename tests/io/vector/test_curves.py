"""Arcs in a file are read as lines, and that is said."""

import math
from pathlib import Path

import pytest

from parcelplan.io.vector.reading import read_vector

GML = """\
<?xml version="1.0" encoding="UTF-8"?>
<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml">
<gml:featureMember><ogr:parcels fid="parcels.0"><ogr:geometryProperty>
<gml:Polygon srsName="EPSG:4523"><gml:exterior><gml:Ring><gml:curveMember><gml:Curve><gml:segments>
<gml:Arc><gml:posList>{x0} 0 {x1} 100 {x2} 0</gml:posList></gml:Arc>
<gml:LineStringSegment><gml:posList>{x2} 0 {x0} 0</gml:posList></gml:LineStringSegment>
</gml:segments></gml:Curve></gml:curveMember></gml:Ring></gml:exterior></gml:Polygon>
</ogr:geometryProperty><ogr:parcel_id>A</ogr:parcel_id></ogr:parcels></gml:featureMember>
</ogr:FeatureCollection>
"""


def test_half_a_disc_comes_as_a_polygon_with_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "parcels.gml"
    path.write_text(GML.format(x0=35_632_800, x1=35_632_900, x2=35_633_000), encoding="utf-8")
    reading = read_vector(path)
    assert reading.frame["parcel_id"].tolist() == ["A"]
    assert reading.frame.geometry.geom_type.tolist() == ["Polygon"]
    area = reading.frame.geometry.area.iloc[0]
    assert area == pytest.approx(math.pi * 100**2 / 2, rel=2e-3)
    (found,) = [item for item in reading.findings if item.code == "topology.curves"]
    assert (found.layer, found.severity) == ("parcels", "warning")
    assert "arcs" in found.message("en")
