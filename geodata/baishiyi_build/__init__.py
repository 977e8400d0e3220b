"""Draws the Baishiyi sample site: ``python -m geodata.baishiyi_build`` writes its ``layers.gpkg``."""
