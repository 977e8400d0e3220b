"""A site of three squares whose plans can be told in the head, for holding one against another.

P1 and P2 (phase 1) and P3 (phase 2), 15 mu each. W1 covers P2 and is due on 2024-06-30; W2 covers P3 and is due on
2024-09-30. A parcel brings 150 (10,000 yuan), paid in the month after its transfer; the works cost 100 and 50.
"""

from pathlib import Path

from tests.builders import row_of_parcels, works, write_site

MORE = """
[plan]
objectives = ["supply"]
phase_order = false
time_limit_s = 2.0

[money]
unit = "wanyuan"
opening = 200.0
price_per_mu = 10.0

[scenarios.base]
label = { zh = "现状", en = "As it stands" }

[scenarios.late]
label = { zh = "征地晚", en = "Late land" }
[scenarios.late.works.W1]
due_on = "2024-12-31"

[scenarios.never]
label = { zh = "不征地", en = "No land" }
[scenarios.never.works.W2]
due_on = "2030-12-31"

[scenarios.early]
label = { zh = "征地早", en = "Early land" }
[scenarios.early.works.W1]
due_on = "2024-03-31"
cost_wanyuan = "130"
"""


def write_compared(folder: Path, language: str = "en") -> Path:
    """Write the site."""
    table = works(
        {
            "work_id": "W1",
            "name": "<b>征地</b>",
            "covers": "parcel:P2",
            "due_on": "2024-06-30",
            "cost_wanyuan": 100,
        },
        {
            "work_id": "W2",
            "name": "征地二",
            "covers": "parcel:P3",
            "due_on": "2024-09-30",
            "cost_wanyuan": 50,
        },
    )
    layers = {"parcels": row_of_parcels(3, phase=[1, 1, 2])}
    return write_site(
        folder, layers, {"works": table}, language=language, head='scenario = "base"', more=MORE
    )
