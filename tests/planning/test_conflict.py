"""A conflict in words: every demand with the figure that a user can change."""

from datetime import date

import pandas as pd
import pytest

from parcelplan.plan import Plan
from parcelplan.planning.conflict import conflict_text
from parcelplan.site import SiteConfig

AS_OF = date(2024, 1, 1)
READINESS = pd.DataFrame(
    {"phase": [1, 1, 2], "ready_on": pd.to_datetime(["2024-07-01", "2024-09-01", None])},
    index=["A", "B", "C"],
)
CONFIG = SiteConfig.model_validate(
    {
        "id": "tiny",
        "name": {"en": "Tiny"},
        "crs": "EPSG:4523",
        "as_of": AS_OF,
        "horizon_end": date(2026, 12, 31),
        "layers": {"parcels": {"file": "p.gpkg"}},
        "plan": {"listings_per_month": 2, "quota_mu": {2024: 30}},
        "phases": {
            1: {"latest_on": date(2024, 8, 15)},
            3: {"trigger": {"occupied_share": 0.6, "of_phases": [1], "occupied_after_days": 456}},
        },
    }
)


@pytest.mark.parametrize(
    ("name", "words", "chinese"),
    [
        ("net_land 1", "ready from 2024-07-01 to 2024-09-01", "2024-09-01 成熟"),
        ("window 1", "phase 1 (… to 2024-08-15)", "至 2024-08-15"),
        ("trigger 3", "60% occupied, 456 days", "456 天入驻"),
        ("quota 2024", "quota of 2024 (30.0 mu)", "2024年供地指标 30.0 亩"),
        ("listings", "2 listing(s) a month", "每月挂牌 2 宗"),
        ("phase_order", "order of the phases", "分期先后"),
        ("horizon", "(2026-12-31)", "规划期末 2026-12-31"),
    ],
)
def test_each_demand_is_said_with_its_figure(name, words, chinese):
    plan = Plan(as_of=AS_OF, status="infeasible", conflict=(name, "horizon"))
    assert words in conflict_text(plan, CONFIG, READINESS, "en")
    assert chinese in conflict_text(plan, CONFIG, READINESS, "zh")


def test_a_plan_has_no_conflict_to_speak_of():
    assert conflict_text(Plan(as_of=AS_OF, status="optimal"), CONFIG, READINESS, "en") == ""
