"""Rules with dates: every value with its unit, the days it holds, document, clause and how sure we are of it.

The figures live in ``data/*.yaml``, never in code. A rule is always asked for at a date; where the book holds
no value for the date and the conditions, the answer is ``None``, and whoever asked says *unknown*.
"""

from parcelplan.rules.book import RuleBook, RuleSet, RuleValue
from parcelplan.rules.pack import RulePackError, shipped_packs

__all__ = ["RuleBook", "RulePackError", "RuleSet", "RuleValue", "shipped_packs"]
