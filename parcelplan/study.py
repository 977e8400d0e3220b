"""The way through: from a site to its assessment, and on to its study with rules checked and transfers planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property

import geopandas as gpd
import pandas as pd

from parcelplan.catalogue import Language
from parcelplan.checks.announced import check_announced
from parcelplan.checks.plan_checks import check_plan
from parcelplan.checks.problem_checks import check_problem
from parcelplan.checks.programme_checks import check_programme
from parcelplan.checks.rule_checks import check_rules
from parcelplan.checks.site_checks import check_site
from parcelplan.checks.target_checks import check_targets
from parcelplan.dates import StatutoryClock
from parcelplan.errors import ConfigError
from parcelplan.findings import Findings
from parcelplan.land.capacity import scheme_capacity
from parcelplan.land.constraints import change_days, constraints_in_time
from parcelplan.land.developable import developable_curve, developable_land, developable_over_time
from parcelplan.land.modes import in_modes
from parcelplan.land.readiness import find_gates, readiness
from parcelplan.land.works import schedule_site
from parcelplan.plan import Plan
from parcelplan.planning import Explanation, PlanningProblem, explain, solve
from parcelplan.planning.building import Ground, site_problem
from parcelplan.planning.building.afterwards import following, readiness_as_cut
from parcelplan.planning.building.earlier import read_earlier
from parcelplan.planning.conflicts.asking import any_plan
from parcelplan.planning.conflicts.relaxations import Relaxation, smallest_relaxations
from parcelplan.planning.left_out import with_left_out
from parcelplan.planning.progress import OnProgress, ShouldStop
from parcelplan.planning.risk import RUNS, Risk, Shape, assess_risk
from parcelplan.rules import RuleBook, RuleSet
from parcelplan.site import Site
from parcelplan.site.plan_rules import PlanRules

STEPS = ("check", "constraints", "readiness", "rules", "plan", "announced")
"""Steps of a study in their order, as its progress reports them."""
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What the land is like: constraints in time, developable land and readiness. No plan is needed for it.

    Frames are those of the functions that make them; see the rooms of :mod:`parcelplan.land`.
    """

    site: Site
    """With its works in the modes that are chosen."""
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
    """A site with its rules checked, its works and transfers planned and its announced plan looked at.

    The land is as the plan's works leave it: schedule, constraints, gates and readiness follow their days and modes.
    """

    verdicts: pd.DataFrame
    problem: PlanningProblem
    """What was to be planned."""
    plan: Plan
    announced_findings: Findings

    @cached_property
    def relaxations(self) -> tuple[Relaxation, ...]:
        """How far each figure of a conflict would have to give way for there to be a plan; found when first asked for.

        Takes as long as the planner may at most. Empty where there is a plan.
        """
        rules = self.site.config.plan
        return smallest_relaxations(
            self.problem, self.plan.conflict, ask=any_plan, time_limit_s=rules.time_limit_s
        )

    @cached_property
    def risk(self) -> Risk:
        """How sure the plan is; see :func:`study_risk`, by which it is found when first asked for."""
        return study_risk(self)


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
    site = in_modes(site, site.config.plan.modes)
    rules = load_rules(site)
    schedule = schedule_site(site)
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
    """Tell what one parcel waited for; see :func:`parcelplan.planning.why.explain.explain`."""
    return explain(
        parcel_id,
        site=study.site,
        schedule=study.schedule,
        gates=study.gates,
        readiness=study.readiness,
        problem=study.problem,
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


def study_site(
    site: Site,
    *,
    progress: Progress = _silent,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> Study:
    """Do the whole of it: check, assess, judge by the rules, plan, and look at the announced plan.

    A plan that cannot be made is no error here: ``plan.status`` says so, and ``plan.conflict`` names the demands.

    Parameters
    ----------
    site
        Opened by :func:`parcelplan.open_site`.
    progress
        Called with the name of each step of :data:`STEPS` as it begins.
    on_progress
        Told of better plans and bounds while the planner searches.
    should_stop
        Asked while the planner searches; where it says so, the best plan so far is taken.

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
    asked = check_problem(problem).raise_if_errors()
    plan = _solved(problem, site.config.plan, on_progress, should_stop)
    progress("announced")
    before = _ground(assessed)
    left = following(before, plan)
    land = replace(assessed, **{name: getattr(left, name) for name in _REPLANNED})
    held = readiness_as_cut(before, left, plan)
    again = check_plan(plan, readiness=held, config=site.config, clock=land.clock)
    again += check_programme(plan, site)
    targets = check_targets(plan, site.table("targets"), site.config)
    parts = {field.name: getattr(land, field.name) for field in fields(Assessment)}
    parts["findings"] = land.findings + asked + again + targets
    return Study(
        **parts, problem=problem, verdicts=verdicts, plan=plan, announced_findings=announced(assessed)
    )


def make_problem(assessment: Assessment) -> PlanningProblem:
    """State what has to be planned of an assessed site.

    Raises
    ------
    ConfigError
        Limits that no plan can keep, or money without its unit.
    InputError
        The earlier plan cannot be read.
    """
    return site_problem(_ground(assessment))


_REPLANNED = ("site", "schedule", "constraints", "gates", "readiness")
"""What a plan's works change of an assessment."""


def _ground(assessment: Assessment) -> Ground:
    earlier = assessment.site.config.plan.earlier_plan
    return Ground(
        **{name: getattr(assessment, name) for name in (*_REPLANNED, "rules", "clock")},
        earlier=read_earlier(assessment.site.folder / earlier) if earlier else {},
    )


def make_plan(assessment: Assessment) -> Plan:
    """Date the works and transfers of an assessed site."""
    return _solved(make_problem(assessment), assessment.site.config.plan, None, None)


def _solved(
    problem: PlanningProblem,
    rules: PlanRules,
    on_progress: OnProgress | None,
    should_stop: ShouldStop | None,
) -> Plan:
    plan = solve(
        problem,
        time_limit_s=rules.time_limit_s,
        seed=rules.seed,
        workers=rules.workers,
        on_progress=on_progress,
        should_stop=should_stop,
    )
    return with_left_out(problem, plan)


def announced(assessment: Assessment) -> Findings:
    """Check the announced plan under every reading of the works; under a what-if, under this one alone."""
    site = assessment.site
    names = _readings(site)
    readings = {name: assessment if name == site.scenario else assess(site.reading(name)) for name in names}
    return check_announced(
        site,
        {name: item.readiness for name, item in readings.items()},
        {name: item.schedule for name, item in readings.items()},
        assessment.clock,
        assessment.rules,
    )


def _readings(site: Site) -> list[str]:
    config = site.stated or site.config
    read = {name: config.scenario_named(name)[1].is_reading for name in config.scenarios}
    if site.scenario and not read[site.scenario]:
        return [site.scenario]
    return [name for name, is_reading in read.items() if is_reading] or [site.scenario]


def study_risk(study: Study, *, runs: int = RUNS, seed: int | None = None, shape: Shape = "pert") -> Risk:
    """Run a study's plan many times with the durations of its works drawn anew.

    Parameters
    ----------
    study
        A computed site.
    runs
        Number of runs.
    seed
        Seed of the draws; that of the plan where None.
    shape
        How durations spread, see :func:`parcelplan.planning.risk.assess_risk`.
    """
    rows = study.site.table("announced")
    dated = rows[(rows["row_type"] == "transfer") & rows["phase"].notna() & rows["due_until"].notna()]
    announced = {
        str(row_id): (int(row["phase"]), pd.Timestamp(row["due_until"]).date())
        for row_id, row in dated.iterrows()
    }
    seed = study.site.config.plan.seed if seed is None else seed
    ends = study.schedule["due_on"].dropna()
    due = {str(work_id): day.date() for work_id, day in ends.items() if day.date() >= study.plan.as_of}
    return assess_risk(
        study.problem, study.plan, runs=runs, seed=seed, shape=shape, announced=announced, due=due
    )
