"""What the API answers, as models: they make its documentation, and the tests hold every answer against them.

Areas are in mu and m² as their names say, shares are ratios from 0 to 1, days are ISO dates, and null means
never, unknown or not planned.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from parcelplan.catalogue import Language
from parcelplan.findings import Severity
from parcelplan.plan import Status

Stage = Literal[
    "plan_pending", "acquisition_pending", "encumbered", "no_access", "net_land", "barred", "unknown"
]
Position = tuple[float, float]


class Model(BaseModel):
    """What all answers share: nothing that is not declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ErrorDetail(Model):
    """One error."""

    code: str
    """Stable name of the error, whatever the language."""
    message: str
    """What is wrong, in the language of the request."""
    hint: str | None = None
    """What to do about it."""
    params: dict[str, Any] | None = None
    """The values the message speaks of."""


class ErrorAnswer(Model):
    """The shape of every error."""

    error: ErrorDetail


class Health(Model):
    """The service is up."""

    status: Literal["ok"]
    version: str
    sites: list[str]
    """Ids of the sites it serves."""


class ScenarioItem(Model):
    """One reading of a site's works."""

    name: str
    label: str


class PhaseItem(Model):
    """One phase as the site's settings name it."""

    phase: int
    name: str
    declared_area_mu: float | None


class SiteItem(Model):
    """One site as its settings describe it; nothing computed."""

    id: str
    name: str
    note: str
    """What must be known about the data, such as that its geometry is drawn."""
    language: Language
    as_of: date
    """Day of the data, used where a request names none."""
    horizon_end: date
    crs: str
    """Coordinate reference system in which the site is measured; GeoJSON is always in WGS 84."""
    scenario: str
    """Scenario used where a request names none; empty where the site has none."""
    scenarios: list[ScenarioItem]
    phases: list[PhaseItem]
    declared_area_mu: float | None
    document: str
    """Number of the document that announced the plan."""
    links: dict[str, str]
    """Addresses of the site's other answers, pages and files."""


class SiteList(Model):
    """All sites."""

    sites: list[SiteItem]


class Asked(Model):
    """Which question was answered."""

    site_id: str
    scenario: str
    as_of: date


class Gate(Model):
    """One thing that must be done before a parcel is net land."""

    kind: str
    label: str
    work_id: str
    """Works that open it, separated by ``;``; empty where none does."""
    constraint_id: str
    share: float | None
    """Share of the parcel that it blocks; null for a gate without geometry."""
    status: Literal["passed", "open", "never", "unknown"]
    opens_on: date | None
    """First day on which it no longer holds."""


class ReadinessRow(Model):
    """How ready one parcel is."""

    parcel_id: str
    phase: int
    area_m2: float
    area_mu: float
    stage: Stage
    stage_label: str
    ready_on: date | None
    blocking: list[str]
    """Works whose gates are not open on ``as_of``."""
    last_gate: str
    last_work: str
    chain: list[str]
    """Works behind the last gate, first to last."""
    gates: list[Gate]


class ReadinessAnswer(Asked):
    """How ready the land is on a day; no plan is made for it."""

    stages: dict[Stage, int]
    """How many parcels stand at each stage."""
    parcels: list[ReadinessRow]


class PhaseRow(Model):
    """One phase of the plan."""

    phase: int
    name: str
    parcels: int
    planned: int
    area_mu: float
    developable_mu: float
    """Developable on ``as_of``."""
    developable_final_mu: float
    ready_on: date | None
    """Day on which its last parcel is net land."""
    notice_on: date | None
    first_transfer_on: date | None
    last_transfer_on: date | None
    announced_on: date | None
    announced_text: str
    slack_days: int | None
    """Announced day minus last transfer: negative is late."""


class TransferRow(Model):
    """One parcel's way from notice to result."""

    parcel_id: str
    phase: int
    batch: str
    area_mu: float
    developable_mu: float | None
    """Developable on the day of the transfer."""
    ready_on: date
    notice_on: date
    listing_on: date
    transfer_on: date
    result_on: date
    waited_for: str


class UnplannedRow(Model):
    """A parcel that the plan leaves out."""

    parcel_id: str
    phase: int
    area_mu: float
    reason: str


class PlanAnswer(Asked):
    """The transfer plan."""

    status: Status
    objective: float | None
    """Sum of area times days from ``as_of`` to the transfer, mu·days."""
    bound: float | None
    """Proved lower bound of the objective, mu·days."""
    gap: float | None
    """Relative distance of the two; 0 is proved optimal."""
    solve_s: float
    conflict: str
    """For an infeasible plan: which demands cannot hold together."""
    area_mu: float
    developable_mu_now: float
    developable_mu_final: float
    verdicts: dict[Literal["ok", "violated", "unknown"], int]
    phases: list[PhaseRow]
    transfers: list[TransferRow]
    unplanned: list[UnplannedRow]


class ExplainStep(Model):
    """One link of the chain behind a parcel's date."""

    kind: str
    subject: str
    """The parcel, work, month, year or phase the link is about."""
    on: date | None
    slack_days: int | None
    """Days by which it could be later without moving the parcel; null where days do not measure it."""
    text: str


class ExplainAnswer(Asked):
    """What a parcel waited for, from its transfer back to the first work."""

    parcel_id: str
    steps: list[ExplainStep]
    text: str
    """All steps, one a line."""


class FindingRow(Model):
    """One thing to know about the data or the plan."""

    code: str
    severity: Severity
    layer: str
    feature_id: str
    field: str
    value: str
    message: str
    hint: str
    responsibility: str
    source: str


class FindingsAnswer(Asked):
    """What was found; a site whose data hold errors is answered as well."""

    counts: dict[Severity, int]
    """Findings about the data and the plan by severity."""
    findings: list[FindingRow]
    announced: list[FindingRow] | None
    """Findings about the announced plan; null where there is none, or errors in the data forbid its check."""


class ParcelGeometry(Model):
    """Polygon or MultiPolygon in WGS 84."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[list[Position]] | list[list[list[Position]]]


class ParcelProperties(Model):
    """Everything known of one parcel."""

    name: str | None
    phase: int
    area_m2: float
    area_mu: float
    declared_area_mu: float | None
    developable_now_m2: float
    developable_now_mu: float
    developable_final_m2: float
    developable_final_mu: float
    blocked_share_now: float
    pieces: int
    stage: Stage
    ready_on: date | None
    blocking: str
    last_gate: str
    last_work: str
    batch: str
    notice_on: date | None
    listing_on: date | None
    transfer_on: date | None
    result_on: date | None
    waited_for: str
    far_min: float | None
    far_max: float | None
    verdicts_ok: int
    verdicts_violated: int
    verdicts_unknown: int
    worst_verdict: Literal["ok", "violated", "unknown"]
    unplanned_reason: str


class ParcelFeature(Model):
    """One parcel."""

    type: Literal["Feature"]
    id: str
    properties: ParcelProperties
    geometry: ParcelGeometry


class ParcelCollection(Model):
    """Parcels as GeoJSON by RFC 7946."""

    type: Literal["FeatureCollection"]
    bbox: tuple[float, float, float, float] | None = None
    features: list[ParcelFeature]


class UploadedField(Model):
    """One field of an uploaded layer."""

    name: str
    dtype: Literal["str", "int", "float", "bool", "date"]
    nulls: int
    """Features without a value."""
    samples: list[str]
    """A few different values, shortened."""
    column: str
    """Column of ours that the field seems to be; empty where none fits."""


class UploadedLayer(Model):
    """One layer of an uploaded file, or one table."""

    layer: str
    features: int
    kinds: dict[str, int]
    """Kind of geometry → features; empty for a table."""
    extent: tuple[float, float, float, float] | None
    """West, south, east, north in the file's own coordinates."""
    crs: str | None
    """Coordinate reference system as the file or the request says; null where nobody knows."""
    crs_proposal: str | None
    """What the coordinates look like: say so in `crs` to confirm it."""
    encoding: str | None
    fields: list[UploadedField]
    table: str
    """Layer or table of ours that fits best; empty where too little fits."""
    fits: dict[str, int]
    """Layer or table of ours → fields it knows."""
    findings: list[FindingRow]
    """Every guess and every oddity."""


class UploadAnswer(Model):
    """What an uploaded file holds; nothing of it is kept."""

    file: str
    format: str
    layers: list[str]
    """Names of all layers; empty where there can be only one."""
    inspected: list[UploadedLayer]
