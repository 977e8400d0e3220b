"""Tables of parcels too large for the memory: chunks in, parts out, joined in the end, and cut into partitions."""

from parcelplan.io.streams.assembling import assemble, check_suffix
from parcelplan.io.streams.chunks import CHUNK_ROWS, Bounds, ChunkRef, ParcelStream
from parcelplan.io.streams.opening import fingerprint, open_parcels
from parcelplan.io.streams.partitioning import Partitions, partition_parcels
from parcelplan.io.streams.parts import write_part
from parcelplan.io.streams.reading import iterate_chunks, read_chunk, stage

__all__ = [
    "CHUNK_ROWS",
    "Bounds",
    "ChunkRef",
    "ParcelStream",
    "Partitions",
    "assemble",
    "check_suffix",
    "fingerprint",
    "iterate_chunks",
    "open_parcels",
    "partition_parcels",
    "read_chunk",
    "stage",
    "write_part",
]
