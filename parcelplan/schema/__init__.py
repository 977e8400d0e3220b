"""What each layer and table must hold, as data, and the check of a frame against it."""

from parcelplan.schema.conform import conform
from parcelplan.schema.headings import understand
from parcelplan.schema.registry import Column, Table, layer_names, table, table_names, tables

__all__ = ["Column", "Table", "conform", "layer_names", "table", "table_names", "tables", "understand"]
