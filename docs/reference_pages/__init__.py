"""The reference pages, one module a page or two; ``docs/build_reference.py`` writes them."""
