"""Tables, charts, report, map: what a reader sees of a study. Nothing is decided here."""
