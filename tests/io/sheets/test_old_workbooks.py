"""Workbooks of the old kind are read like the new ones."""

import openpyxl
import pytest

from parcelplan import schema
from parcelplan.errors import InputError
from parcelplan.io.sheets.tables import read_table, read_table_findings
from tests.io.sheets.old_workbook import write_old_workbook

CELLS = {
    (0, 0): "前期任务表",
    (1, 0): "任务编号", (1, 1): "责任单位", (1, 2): "完成期限", (1, 3): "进度（%）",
    (2, 0): "W1", (2, 1): "规划和自然资源局", (2, 2): 45473.0, (2, 3): 40.0,
    (3, 0): "W2", (3, 2): "2024年6月", (3, 3): "５０％",
}  # fmt: skip


def test_an_old_workbook_is_read_with_its_merged_cells(tmp_path):
    path = write_old_workbook(
        tmp_path / "a.xls", CELLS, merged=[((0, 0), (0, 3)), ((2, 1), (3, 1))], days=[(2, 2)]
    )
    raw, findings = read_table_findings(path, table="works")
    assert findings.codes() == {"table.titles", "table.merged"}
    works, misfits = schema.conform(raw, "works")
    assert works["responsible"].tolist() == ["规划和自然资源局"] * 2
    assert [day.date().isoformat() for day in works["due_on"]] == ["2024-06-30", "2024-06-30"]
    assert works["progress"].tolist() == [0.4, 0.5]
    assert misfits.codes() == {"schema.missing_column", "schema.unit_converted", "schema.span_high"}


def test_days_of_an_old_workbook_are_counted_from_its_epoch(tmp_path):
    cells = {(0, 0): "任务编号", (0, 1): "完成期限", (1, 0): "W1", (1, 1): 44011.0}
    path = write_old_workbook(tmp_path / "a.xls", cells, days=[(1, 1)], epoch_1904=True)
    assert read_table(path).loc[0, "完成期限"] == "2024-06-30"


def test_the_name_of_the_file_does_not_decide(tmp_path):
    old = write_old_workbook(tmp_path / "a.xlsx", CELLS)
    assert read_table(old, sheet="表").columns[0] == "任务编号"
    book = openpyxl.Workbook()
    book.active.append(["任务编号", "完成期限"])
    book.save(tmp_path / "new.xlsx")
    new = (tmp_path / "new.xlsx").rename(tmp_path / "b.xls")
    assert read_table(new).columns.tolist() == ["任务编号", "完成期限"]


@pytest.mark.parametrize("kept", [600, 1200, 1600])
def test_a_truncated_old_workbook_is_refused_by_name(tmp_path, kept):
    path = write_old_workbook(tmp_path / "a.xls", CELLS)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"a\.xls cannot be read"):
        read_table(path)
