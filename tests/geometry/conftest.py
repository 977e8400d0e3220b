"""Screening is tested in compiled code also where a chunk is so small that overlays would answer."""

import pytest

from parcelplan.geometry import screening

COMPILED = ("test_screening", "test_rescreening")


@pytest.fixture(autouse=True, scope="module")
def compiled_from_the_first_parcel_on(request):
    few = screening.FEW
    if request.module.__name__.rpartition(".")[2].startswith(COMPILED):
        screening.FEW = 0
    yield
    screening.FEW = few
