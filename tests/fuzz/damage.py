"""Bytes as disks, transfers and editors damage them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Damage = Callable[[bytes, np.random.Generator], bytes]


def flip(content: bytes, rng: np.random.Generator) -> bytes:
    """One to eight bits are the other way round."""
    out = bytearray(content)
    for _ in range(int(rng.integers(1, 9))):
        if out:
            out[int(rng.integers(len(out)))] ^= 1 << int(rng.integers(8))
    return bytes(out)


def flip_early(content: bytes, rng: np.random.Generator) -> bytes:
    """A byte of the first hundred is any byte: headers are there."""
    out = bytearray(content)
    if out:
        out[int(rng.integers(min(100, len(out))))] = int(rng.integers(256))
    return bytes(out)


def truncate(content: bytes, rng: np.random.Generator) -> bytes:
    """The end is missing."""
    return content[: int(rng.integers(len(content) + 1))]


def behead(content: bytes, rng: np.random.Generator) -> bytes:
    """The start is missing."""
    return content[int(rng.integers(len(content) + 1)) :]


def zero(content: bytes, rng: np.random.Generator) -> bytes:
    """A block is zeros, as after a crash."""
    if not content:
        return content
    start = int(rng.integers(len(content)))
    length = int(rng.integers(1, 513))
    return content[:start] + bytes(min(length, len(content) - start)) + content[start + length :]


def insert(content: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes too many."""
    at = int(rng.integers(len(content) + 1))
    return content[:at] + rng.bytes(int(rng.integers(1, 20))) + content[at:]


def remove(content: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes too few in the middle."""
    at = int(rng.integers(len(content) + 1))
    return content[:at] + content[at + int(rng.integers(1, 20)) :]


def repeat(content: bytes, rng: np.random.Generator) -> bytes:
    """A piece is there twice."""
    start, stop = sorted(int(i) for i in rng.integers(len(content) + 1, size=2))
    return content[:stop] + content[start:stop] + content[stop:]


def swap(content: bytes, rng: np.random.Generator) -> bytes:
    """Something else altogether."""
    others = (
        b"",
        b"\n",
        b"\x00" * 64,
        b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n",
        b"<!DOCTYPE html>\n<html><head><title>404</title></head></html>\n",
        b"PK\x05\x06" + b"\x00" * 18,
        b"\x89HDF\r\n\x1a\n" + b"\x00" * 64,
        b"\x1f\x8b\x08\x00" + rng.bytes(40),
        b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.",
        b"SQLite format 3\x00" + b"\x00" * 84,
        b"null",
        b"[]",
        b"{}",
        rng.bytes(300),
    )
    return others[int(rng.integers(len(others)))]


DAMAGES: tuple[Damage, ...] = (flip, flip, flip_early, flip_early, truncate, behead, zero, insert, remove, repeat, swap)


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """`content` with one of these damages."""
    return DAMAGES[int(rng.integers(len(DAMAGES)))](content, rng)
