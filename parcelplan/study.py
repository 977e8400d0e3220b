"""The way through: from a site to its assessment, and on to its study with rules checked and transfers planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property

import geopandas as gpd
import pandas as pd

from parcelplan.catalogue import Language
from parcelplan.checks.announced import check_announced
from parcelplan.checks.plan_checks import check_plan
from parcelplan.checks.rule_checks import check_rules
from parcelplan.checks.site_checks import check_site
from parcelplan.checks.target_checks import check_targets
from parcelplan.dates import StatutoryClock
from parcelplan.errors import ConfigError
from parcelplan.findings import Findings
from parcelplan.land.capacity import scheme_capacity
from parcelplan.land.constraints import change_days, constraints_in_time
from parcelplan.land.developable import developable_curve, developable_land, developable_over_time
from parcelplan.land.readiness import find_gates, readiness
from parcelplan.land.works import schedule_works
from parcelplan.plan import Plan
from parcelplan.planning import Explanation, PlanningProblem, build_problem, explain, solve
from parcelplan.rules import RuleBook, RuleSet
from parcelplan.site import Site

STEPS = ("check", "constraints", "readiness", "rules", "plan", "announced")
"""Steps of a study in their order, as its progress reports them."""
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What the land is like: constraints in time, developable land and readiness. No plan is needed for it.

    Frames are those of the functions that make them; see the rooms of :mod:`parcelplan.land`.
    """

    site: Site
    rules: RuleSet
    """Rule book at the day of the data."""
    findings: Findings
    """Findings about the data and the plan."""
    schedule: pd.DataFrame
    constraints: gpd.GeoDataFrame
    gates: pd.DataFrame
    readiness: pd.DataFrame

    @property
    def lang(self) -> Language:
        """Language of what is written."""
        return self.site.lang

    @property
    def clock(self) -> StatutoryClock:
        """Statutory clock of a listing; :class:`ConfigError` where the rule packs do not give it."""
        clock = self.rules.clock()
        if clock is None:
            raise ConfigError("error.no_clock", packs=", ".join(self.site.config.rules))
        return clock

    @cached_property
    def developable(self) -> gpd.GeoDataFrame:
        """Developable land on the day of the data."""
        return self._developable_on(self.site.as_of)

    @cached_property
    def developable_final(self) -> gpd.GeoDataFrame:
        """Developable land when the last constraint has begun or ended."""
        return self._developable_on(self.final_on)

    def _developable_on(self, on: date) -> gpd.GeoDataFrame:
        return developable_land(self.site.parcels, self.constraints, on, area_m2=self.readiness["area_m2"])

    @property
    def final_on(self) -> date:
        """Last day on which any constraint begins or ends."""
        return change_days(self.constraints, self.site.as_of)[-1]

    @cached_property
    def developable_by_date(self) -> pd.DataFrame:
        """Developable land of every parcel on every day of change."""
        area_m2 = self.readiness["area_m2"]
        return developable_over_time(self.site.parcels, self.constraints, self.site.as_of, area_m2=area_m2)

    @cached_property
    def curve(self) -> pd.DataFrame:
        """Totals of the site on every day of change."""
        return developable_curve(self.developable_by_date)


@dataclass(frozen=True, kw_only=True)
class Study(Assessment):
    """An assessed site with its rules checked, its transfers planned and its announced plan looked at."""

    verdicts: pd.DataFrame
    problem: PlanningProblem
    """What was to be planned."""
    plan: Plan
    announced_findings: Findings


def _silent(_step: str) -> None:
    """Report nothing."""


def assess(site: Site, *, progress: Progress = _silent) -> Assessment:
    """Check a site and work out how ready its land is.

    Parameters
    ----------
    site
        Opened by :func:`parcelplan.open_site`.
    progress
        Called with the name of each step of :data:`STEPS` as it begins.

    Raises
    ------
    FindingsError
        The data hold errors; all of them are listed.
    ConfigError
        A rule pack is unknown.
    """
    progress("check")
    findings = check_site(site).raise_if_errors()
    progress("constraints")
    rules = load_rules(site)
    schedule = schedule_works(site.table("works"), site.as_of)
    constraints, found = constraints_in_time(site, schedule, rules)
    found.raise_if_errors()
    progress("readiness")
    gates = find_gates(site, schedule, constraints)
    return Assessment(
        site=site,
        rules=rules,
        findings=findings + found,
        schedule=schedule,
        constraints=constraints,
        gates=gates,
        readiness=readiness(site, schedule, gates),
    )


def explain_parcel(study: Study, parcel_id: str) -> Explanation:
    """Tell what one parcel waited for; see :func:`parcelplan.planning.explain.explain`."""
    return explain(
        parcel_id,
        site=study.site,
        schedule=study.schedule,
        gates=study.gates,
        readiness=study.readiness,
        plan=study.plan,
        lang=study.lang,
    )


def load_rules(site: Site) -> RuleSet:
    """The site's rule packs and its own rule files, at the day of the data."""
    extra = [site.folder / name for name in site.config.rule_files]
    return RuleBook.load(site.config.rules, extra).at(site.as_of)


def rule_verdicts(assessment: Assessment) -> pd.DataFrame:
    """Check planning conditions and schemes; see :func:`parcelplan.checks.rule_checks.check_rules`."""
    site = assessment.site
    area_m2 = assessment.readiness["area_m2"]
    capacity = scheme_capacity(
        site.layer("scheme_features"), site.table("schemes"), area_m2, assessment.rules
    )
    net_land = assessment.developable_final.geometry
    return check_rules(
        site.parcels, site.table("schemes"), capacity, assessment.rules, area_m2=area_m2, net_land=net_land
    )


def study_site(site: Site, *, progress: Progress = _silent) -> Study:
    """Do the whole of it: check, assess, judge by the rules, plan, and look at the announced plan.

    A plan that cannot be made is no error here: ``plan.status`` says so, and ``plan.conflict`` names the demands.

    Raises
    ------
    FindingsError, ConfigError
        As :func:`assess`; also for plan limits that cannot be.
    """
    assessed = assess(site, progress=progress)
    progress("rules")
    verdicts = rule_verdicts(assessed)
    progress("plan")
    problem = make_problem(assessed)
    plan = _solved(assessed, problem)
    progress("announced")
    again = check_plan(plan, readiness=assessed.readiness, config=site.config, clock=assessed.clock)
    targets = check_targets(plan, site.table("targets"), site.config)
    parts = {field.name: getattr(assessed, field.name) for field in fields(Assessment)}
    parts["findings"] = assessed.findings + again + targets
    found = announced(assessed)
    return Study(**parts, verdicts=verdicts, problem=problem, plan=plan, announced_findings=found)


def make_plan(assessment: Assessment) -> Plan:
    """Sequence the transfers of an assessed site."""
    return _solved(assessment, make_problem(assessment))


def make_problem(assessment: Assessment) -> PlanningProblem:
    """State what has to be planned of an assessed site."""
    return build_problem(assessment.readiness, assessment.site.config, assessment.clock)


def _solved(assessment: Assessment, problem: PlanningProblem) -> Plan:
    config = assessment.site.config.plan
    return solve(problem, time_limit_s=config.time_limit_s, seed=config.seed)


def announced(assessment: Assessment) -> Findings:
    """Check the announced plan under every reading of the works."""
    site = assessment.site
    names = list(site.config.scenarios) or [site.scenario]
    readings = {name: assessment if name == site.scenario else assess(site.reading(name)) for name in names}
    return check_announced(
        site,
        {name: item.readiness for name, item in readings.items()},
        {name: item.schedule for name, item in readings.items()},
        assessment.clock,
        assessment.rules,
    )
