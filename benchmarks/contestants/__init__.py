"""Ways to screen a region, one module each; every module has ``run(case, variant) -> Answer``.

``python -m contestants NAME --folder FOLDER --answer FOLDER [--variant V]``, in the folder above this one, runs one of
them alone. Only the modules that a contestant needs are imported, so that a peer may run in an environment of its own.
"""

MODULES = {
    "ours": "contestants.ours",
    "bare": "contestants.bare",
    "sensible": "contestants.sensible",
    "dissolved": "contestants.dissolved",
    "postgis": "contestants.with_postgis",
    "duckdb": "contestants.with_duckdb",
    "sedonadb": "contestants.with_sedonadb",
}
NEEDS = {
    "postgis": ("psycopg",),
    "duckdb": ("duckdb", "duckdb_extension_spatial"),
    "sedonadb": ("sedona.db", "geoarrow.pyarrow"),
}
"""What a peer imports beside geopandas."""
VARIANTS = {
    "ours": ("chunks",),
    "bare": ("bound",),
    "sensible": ("overlay per kind",),
    "dissolved": ("overlay",),
    "postgis": ("halves 64", "halves 128", "plan 64", "plan 128"),
    "duckdb": ("join 12800 200", "join 6400 400", "join 3200 800", "grid 6400 400"),
    "sedonadb": ("tg 6400 400", "geos 6400 400", "geos 25600 400", "tg 12800 200"),
}
"""How each of them can be told to work; the words are explained in its module."""
