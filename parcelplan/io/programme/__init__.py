"""A schedule of works as bureaus keep it: workbooks and CSV in and out; XML of project software is in io.mspdi."""
