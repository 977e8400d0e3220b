"""What site.toml says of the plan: phases, limits of the bureau, money, yields, what makes a plan good."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from parcelplan.errors import ConfigError
from parcelplan.site.basics import FROZEN, Bilingual
from parcelplan.units import YUAN_PER_WANYUAN

ObjectiveName = Literal[
    "fixed_dates", "targets", "lateness", "supply", "makespan", "cost", "batches", "stability"
]
MoneyUnit = Literal["wanyuan", "yuan"]


class _Model(BaseModel):
    model_config = FROZEN


class Trigger(_Model):
    """A phase that waits for the occupation of earlier ones."""

    occupied_share: float = Field(gt=0, le=1)
    """Share of the area of ``of_phases`` that must be occupied before the phase goes on notice."""
    of_phases: tuple[int, ...]
    """Phases whose occupation counts."""
    occupied_after_days: int = Field(ge=0)
    """Days from a parcel's transfer to its occupation: an assumption, which the report repeats."""


class Phase(_Model):
    """One phase of the transfer."""

    name: Bilingual = Bilingual()
    """Name of the phase."""
    declared_area_mu: float | None = Field(default=None, gt=0)
    """Area as announced, mu."""
    earliest_on: date | None = None
    """No transfer of the phase before this day."""
    latest_on: date | None = None
    """No transfer of the phase after this day."""
    trigger: Trigger | None = None
    """What the phase waits for besides its land."""


class Period(_Model):
    """Days on which nothing goes on notice and nothing is transferred."""

    from_on: date
    """First day."""
    until_on: date
    """First day on which business goes on."""
    note: str = ""
    """Why, such as a festival or an audit."""


class Yields(_Model):
    """What a mu in use brings: assumptions with which targets of firms, output and tax ask for land."""

    firms_per_mu: float | None = Field(default=None, gt=0)
    """Firms on one mu."""
    output_wanyuan_per_mu: float | None = Field(default=None, gt=0)
    """Yearly output of one mu, 10,000 yuan."""
    tax_wanyuan_per_mu: float | None = Field(default=None, gt=0)
    """Yearly tax of one mu, 10,000 yuan."""
    in_use_after_days: int | None = Field(default=None, ge=0)
    """Days from the transfer to the use of the land; where nothing is said, the longest of the phases' triggers."""


class PlanRules(_Model):
    """What the bureau can do, what makes a plan good, and how long the planner may think."""

    objectives: tuple[ObjectiveName, ...] = ()
    """What makes a plan good, the first before all others. Where nothing is said: fixed dates, targets,
    lateness, supply, cost and stability, as far as the site gives something to count."""
    listings_per_month: int | None = None
    """Parcels the bureau can put on notice in one calendar month; none means no limit."""
    phase_order: bool = True
    """No parcel goes on notice before every parcel of the phases before it has."""
    quota_mu: dict[int, float] = {}
    """Yearly land quota: year of transfer → mu."""
    quota_default_mu: float | None = None
    """Quota of the years ``quota_mu`` does not name; none means no limit."""
    quota_carry_share: float = Field(default=0.0, ge=0, le=1)
    """Share of a year's unused quota that the next year may use on top of its own."""
    batch_min_mu: float | None = Field(default=None, ge=0)
    """Least area of one phase that goes on notice together."""
    batch_max_mu: float | None = Field(default=None, gt=0)
    """Most area of one phase that goes on notice together. With either limit a phase has one notice day a month."""
    absorption_mu_per_quarter: float | None = Field(default=None, gt=0)
    """Area that the market takes in one calendar quarter."""
    blackouts: tuple[Period, ...] = ()
    """Periods without notices and transfers."""
    scheme_lead_days: int = Field(default=0, ge=0)
    """Days from net land to the notice of a parcel that is transferred with a building scheme."""
    partial_transfer: bool = False
    """Whether what is developable of a parcel may be transferred first and the rest when its constraint goes."""
    smallest_piece_mu: float | None = Field(default=None, gt=0)
    """Smallest piece that may be transferred by itself; must be said where ``partial_transfer`` is on."""
    modes: dict[str, str] = {}
    """Work → the alternative in which it is carried out, ``""`` for its own row in works; where nothing is said
    the planner chooses."""
    yields: Yields = Yields()
    """What a mu in use brings."""
    earlier_plan: str | None = None
    """File of an earlier plan, relative to the folder: summary.json, plan.xlsx, or a table with the columns of
    the result table ``transfers``. What it put on notice before ``as_of`` stands, and as few of its other dates
    as possible move."""
    time_limit_s: float = Field(default=10.0, gt=0)
    """Longest search for a better plan, seconds."""
    seed: int = 1
    """Seed of the search: the same seed gives the same plan with one worker."""
    workers: int = Field(default=1, ge=1)
    """Searches at the same time; with more than one, two runs may find different plans of the same worth."""


class PaymentTerm(_Model):
    """One instalment of the price of a parcel."""

    share: float = Field(gt=0, le=1)
    """Share of the price; those of all instalments add up to 1."""
    months: int = Field(ge=0)
    """Months from the month of the transfer to that of the payment."""


class OtherCash(_Model):
    """Money that comes or goes whatever is planned."""

    on: date
    """Day of the receipt or payment."""
    amount: float
    """Receipts are positive, payments negative; in the unit of ``[money]``."""
    note: str = ""
    """What it is."""


class Money(_Model):
    """Rolling development: works are paid from what transfers bring in, and the balance is never overdrawn."""

    unit: MoneyUnit | None = None
    """Unit of all amounts here; must be said, since a factor of ten thousand lies between the two."""
    opening: float = 0.0
    """Balance on the first day of the month of ``as_of``."""
    credit: float = Field(default=0.0, ge=0)
    """How far below zero the balance may go."""
    price_per_mu: float | None = Field(default=None, gt=0)
    """What a mu brings in where its parcel has no price of its own."""
    phase_price_per_mu: dict[int, float] = {}
    """Phase → the same for its parcels."""
    terms: tuple[PaymentTerm, ...] = (PaymentTerm(share=1.0, months=1),)
    """Instalments of the price."""
    other: tuple[OtherCash, ...] = ()
    """Money that comes or goes whatever is planned."""

    def yuan(self, amount: float) -> float:
        """An amount in yuan; :class:`ConfigError` where the unit is not said."""
        if self.unit is None:
            raise ConfigError("error.no_money_unit")
        return amount * (YUAN_PER_WANYUAN if self.unit == "wanyuan" else 1.0)
