"""A site: its configuration, its layers and its tables, opened from a folder with a site.toml."""

from parcelplan.site.config import SiteConfig
from parcelplan.site.opening import Site, open_site

__all__ = ["Site", "SiteConfig", "open_site"]
