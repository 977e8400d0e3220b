"""Works as the XML of project software (MSPDI): the reader, the writer, and the mapping between its fields and ours.

Source: XML Data Interchange Schema of Microsoft Office Project 2007 (mspdi_pj12.xsd), which later versions extend.
"""

from parcelplan.io.mspdi.reading import read_mspdi
from parcelplan.io.mspdi.writing import mspdi_text, write_mspdi

__all__ = ["mspdi_text", "read_mspdi", "write_mspdi"]
