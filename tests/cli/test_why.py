"""What would move a date, and how far an impossible plan would have to give way, as the command tells it."""

import json

from tests.cli.test_cli import call, edited, tiny

__all__ = ["tiny"]


def test_what_would_move_a_parcel_is_tried_and_told(tiny):
    """W1 is due on 30 June 2024: thirty days earlier, both parcels are net land thirty days earlier."""
    result = call("explain", tiny, "P2", "--what-would-move", "--time-limit", "10")
    assert result.exit_code == 0, result.output
    assert "What would move it" in result.stdout
    told = json.loads(call("explain", tiny, "P2", "--what-would-move", "--json").stdout)
    (gain,) = [item for item in told["gains"] if item["kind"] == "work"]
    assert (gain["subject"], gain["amount"], gain["found"]) == ("W1", 30, "exact")
    assert gain["parcels_earlier"] == 2
    assert gain["area_earlier_mu"] == 30.0
    assert gain["parcel_days_earlier"] == 28
    assert gain["text"] in result.stdout
    assert all("slack_days" in step for step in told["steps"])


def test_without_asking_nothing_is_tried(tiny):
    assert "gains" not in json.loads(call("explain", tiny, "P2", "--json").stdout)


def test_an_impossible_plan_says_how_far_each_demand_would_give_way(tiny, tmp_path):
    window = ("[tables]", "[phases.1]\nlatest_on = 2024-07-15\n[tables]")
    result = call("run", edited(tiny, tmp_path, window), "--out", tmp_path / "out")
    assert result.exit_code == 3, result.output
    assert "17 day(s) later is enough, and nothing less is." in result.stderr
