"""What happens to files: they are cut short, their bits flip, pieces of them end up elsewhere."""

import random

NUMBERS = (
    b"\x00" * 4,
    b"\xff" * 4,
    b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80",
    b"\x00\x00\xf0\x7f",
    b"\x01\x00\x00\x00",
)
"""Counts and sizes at which readers stumble."""
WORDS = (
    b"<",
    b'"',
    b"]]>",
    b"\x00",
    b",",
    b"-1",
    b"1e999",
    b"nan",
    b"99999999999999999999",
    b"\xef\xbb\xbf",
    b"@",
    b"\r",
)
"""Words at which readers of text stumble."""


def mutated(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    """Damage a file in one to three ways; ``donor`` is what pieces are taken from."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(WAYS)(data, donor, chance)
    return data


def _truncate(data: bytes, _: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flip(data: bytes, _: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.choice((1, 1, 4, 32)) if damaged else 0):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _set_number(data: bytes, _: bytes, chance: random.Random) -> bytes:
    """Overwrite a place with a number; headers, where counts and sizes stand, more often than the rest."""
    place = (
        chance.randrange(min(len(data), 200) + 1)
        if chance.random() < 0.5
        else chance.randrange(len(data) + 1)
    )
    number = chance.choice(NUMBERS)
    return data[:place] + number + data[place + len(number) :]


def _insert_word(data: bytes, _: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.choice(WORDS) + data[place:]


def _splice(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    """Put a piece of the donor over, or between, what stands there."""
    start = chance.randrange(len(donor) + 1)
    piece = donor[start : start + chance.choice((1, 8, 64, 1024))]
    place = chance.randrange(len(data) + 1)
    return data[:place] + piece + data[place + chance.choice((0, len(piece))) :]


def _remove(data: bytes, _: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + data[place + chance.choice((1, 8, 64, 1024)) :]


def _repeat(data: bytes, _: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + data[place : place + 64] * chance.choice((2, 50)) + data[place + 64 :]


WAYS = (_truncate, _flip, _set_number, _insert_word, _splice, _remove, _repeat)
