"""What the service serves and how."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from parcelplan.catalogue import Language


class Settings(BaseSettings):
    """Settings; each can be given as an environment variable of the same name after ``PARCELPLAN_``."""

    model_config = SettingsConfigDict(
        env_prefix="PARCELPLAN_", env_ignore_empty=True, frozen=True, use_attribute_docstrings=True
    )

    sites: Annotated[tuple[Path, ...], NoDecode] = Field(min_length=1)
    """Site folders; several are separated as in ``PATH`` (``:``, on Windows ``;``)."""
    language: Language | None = None
    """Language of pages and answers to whoever asks for none; without it each site speaks its own."""
    title: str = ""
    """Name of the service in the head of its pages; without it the project's own."""
    studies_kept: int = Field(default=8, ge=1)
    """Computed studies kept in memory; each is one site, scenario and day."""
    studies_at_once: int = Field(default=1, ge=1)
    """Studies computed at the same time; others wait, since a planner uses all processors."""
    prepare: bool = True
    """Compute each site's own study as soon as the service starts, so that the first page need not wait."""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may read the API from a browser (CORS), separated by commas; ``*`` for all."""
    upload_mib: int = Field(default=100, ge=1)
    """Largest file that may be uploaded, in MiB."""
    upload_unpacked_mib: int = Field(default=1024, ge=1)
    """Largest size that an uploaded archive may unpack to, in MiB."""
    upload_memory_mib: int = Field(default=2048, ge=64)
    """Memory that reading an uploaded file may take, in MiB; not held on Windows."""
    upload_s: float = Field(default=60.0, gt=0)
    """Seconds that reading one layer of an uploaded file may take."""
    uploads_at_once: int = Field(default=2, ge=1)
    """Uploaded files read at the same time; others wait."""

    @field_validator("sites", mode="before")
    @classmethod
    def _split_paths(cls, value: object) -> object:
        return _split(value, os.pathsep)

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        return _split(value, ",")


def _split(value: object, separator: str) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(separator) if part.strip())
