"""The map as one HTML file that opens without a network. The only importer of folium."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import folium
import jinja2
from branca.element import Element, Figure, MacroElement
from folium.map import CustomPane
from folium.template import Template
from xstatic.pkg import leaflet

from parcelplan.views import offline, palette
from parcelplan.views.map_data import map_data
from parcelplan.views.map_differences import difference_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parcelplan.catalogue import Language
    from parcelplan.compare import Comparison
    from parcelplan.study import Study

MAP_ID = "parcelplan"
MAX_ZOOM = 20
PANES = (
    "basemap",
    "roads",
    "parcels",
    "developable",
    "schemes",
    "constraints",
    "lines",
    "boundary",
    "selection",
)
"""Drawing order, from the ground up."""
FIRST_PANE_Z = 310
_CSP = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:{sources}"


class _Inline(Element):
    """A script or style sheet that stands in the page itself."""

    _template = Template("<{{ this.tag }}>{{ this.code }}</{{ this.tag }}>")

    def __init__(self, tag: str, code: str) -> None:
        super().__init__()
        self._name = "Inline"
        self.tag = tag
        self.code = code


class _Markup(Element):
    """Ready markup, taken as it stands."""

    _template = Template("{{ this.code }}")

    def __init__(self, code: str) -> None:
        super().__init__()
        self._name = "Markup"
        self.code = code


class _Start(MacroElement):
    """Hand the folium map to the script that draws on it."""

    _template = Template(
        "{% macro script(this, kwargs) %}parcelplan.start({{ this._parent.get_name() }});{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"


SHARED_SCRIPTS = ("page/elements", "page/panel", "page/player", "page/search", "page/controls")
"""Parts of the script that all maps share, in ``static``."""
SCRIPTS = ("base", "shapes", "popup", "panel", "timeline", "labels", "search", "start")
"""Parts of the map's own script in ``static/map``, in the order in which they are read."""


def render_map(study: Study, *, lang: Language | None = None, basemap: str | None = None) -> str:
    """Draw the map.

    Parameters
    ----------
    study
        A computed site.
    lang
        ``zh`` or ``en``; the site's language where None.
    basemap
        URL template of WGS84 web map tiles, such as ``http://tiles.local/{z}/{x}/{y}.png``. None draws no
        tiles, and then nothing is ever loaded from outside.

    Returns
    -------
    str
        A complete HTML document with Leaflet, data and pictures inside.
    """
    return _rendered(map_data(study, lang), basemap)


def render_difference_map(
    comparison: Comparison, study: Study, *, lang: Language | None = None, basemap: str | None = None
) -> str:
    """Draw by how many days plan B transfers each parcel later or earlier than plan A.

    Parameters
    ----------
    comparison
        Plans A and B.
    study
        The study of B, whose land, lines and rivers the map shows around the parcels.
    lang, basemap
        As for :func:`render_map`.
    """
    return _rendered(difference_data(comparison, study, lang), basemap)


def _rendered(data: dict[str, Any], basemap: str | None) -> str:
    markup = furniture(
        "map.html",
        title=data["title"],
        facts=data["facts"],
        note=data["note"],
        ui=data["ui"],
        last_stop=len(data["stops"]) - 1,
        data=offline.json_for_script(data),
    )
    return render_page(data, markup, [f"map/{name}" for name in SCRIPTS], basemap=basemap)


def render_page(
    data: dict[str, Any],
    markup: str,
    scripts: Sequence[str],
    *,
    styles: Sequence[str] = ("map.css",),
    basemap: str | None = None,
) -> str:
    """Put a map and what stands around it into one page that loads nothing.

    Parameters
    ----------
    data
        ``title``, ``ui.heading``, and ``bounds``: south-west and north-east corner in WGS84, latitude first.
    markup
        Title, panel and data around the map, ready to stand in the page.
    scripts
        Parts of the script in ``static`` that follow the shared ones, without their ending; the last one defines
        ``start(map)``.
    styles
        Style sheets in ``static``.
    basemap
        As for :func:`render_map`.
    """
    page = _base_map(data["bounds"], basemap)
    root = cast("Figure", page.get_root())
    root.title = html.escape(f"{data['title']} · {data['ui']['heading']}")
    root.header.add_child(_Markup(_security_policy(basemap)), name="policy")
    leaflet_folder = Path(leaflet.BASE_DIR)
    root.header.add_child(
        _Inline("script", offline.inline_js(leaflet_folder / "leaflet.js")), name="leaflet_js"
    )
    root.header.add_child(
        _Inline("style", offline.inline_css(leaflet_folder / "leaflet.css")), name="leaflet_css"
    )
    root.header.add_child(_Inline("script", _script([*SHARED_SCRIPTS, *scripts])), name="map_js")
    root.html.add_child(_Markup(markup), name="furniture")
    page.add_child(_Start())
    # folium adds its own rules while it renders; ours must come after them, so they stand in the body.
    style = "\n".join(offline.package_text("static", name) for name in styles)
    root.html.add_child(_Inline("style", style), name="map_css")
    return str(root.render())


def _script(names: Sequence[str]) -> str:
    """Parts of a script in one function of its own, so that they share names and the page sees only one.

    All figures, classes and words come with the data; text from it reaches the page as text nodes only.
    """
    parts = "\n".join(offline.package_text("static", *f"{name}.js".split("/")) for name in names)
    return f'"use strict";\nconst parcelplan = (() => {{\n{parts}\nreturn {{ start }};\n}})();\n'


def _base_map(bounds: Sequence[Sequence[float]], basemap: str | None) -> folium.Map:
    """Build a folium map without folium's links to the web, and with a pane for each kind of layer."""
    south_west, north_east = bounds
    page = folium.Map(
        location=[(south_west[0] + north_east[0]) / 2, (south_west[1] + north_east[1]) / 2],
        zoom_start=16,
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        max_zoom=MAX_ZOOM,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=120,
    )
    # A name of its own instead of a random one: the same study gives the same file.
    page._id = MAP_ID  # noqa: SLF001 - folium offers no public way to name a map
    page.default_js, page.default_css = [], []
    for place, name in enumerate(PANES):
        pane = CustomPane(name, z_index=FIRST_PANE_Z + 10 * place, pointer_events=True)
        pane._id = name  # noqa: SLF001
        page.add_child(pane)
    if basemap:
        tiles = folium.TileLayer(
            basemap, attr=" ", name="basemap", control=False, pane="basemap", max_zoom=MAX_ZOOM
        )
        tiles._id = "basemap"  # noqa: SLF001
        page.add_child(tiles)
    return page


def _security_policy(basemap: str | None) -> str:
    """Let the browser itself refuse whatever is not in the page, but for the tiles of a basemap."""
    sources = " " + "/".join(basemap.split("/")[:3]).replace("{s}", "*") if basemap else ""
    policy = html.escape(_CSP.format(sources=sources))
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def furniture(template: str, **values: Any) -> str:
    """Fill a template of ``views/templates`` with what stands around a map; text in ``values`` is escaped."""
    loader = jinja2.FunctionLoader(lambda name: offline.package_text("templates", name))
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.get_template(template).render(hatches=palette.HATCHES, **values)
