"""The rule by which photos are divided into shards."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import blake2b

_MOST = 99_999  # shards, whose numbers have five digits in the names of files


@dataclass(frozen=True)
class Shard:
    """One of several parts of the work.

    Attributes
    ----------
    index : int
        Which one, from 0.
    number : int
        How many there are.
    """

    index: int = 0
    number: int = 1

    @classmethod
    def parsed(cls, text: str) -> Shard:
        """Return the shard that a text such as ``"0/16"`` names.

        Parameters
        ----------
        text : str
            Index from 0, slash, number of shards.

        Raises
        ------
        ValueError
            If it is something else.
        """
        parts = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, re.ASCII)
        wanted = "a shard must be I/N with I from 0 to N - 1, such as 0/16 for the first of 16"
        if parts is None or not int(parts[1]) < int(parts[2]):
            raise ValueError(f"{wanted}, got {text!r}")
        if int(parts[2]) > _MOST:
            raise ValueError(f"there may be at most {_MOST} shards, got {parts[2]}")
        return cls(int(parts[1]), int(parts[2]))

    def has(self, key: str) -> bool:
        """Return whether what has this key is in the shard.

        It is if the key's hash, the first eight bytes of BLAKE2b of its UTF-8 as a big-endian
        number, leaves the remainder `index` when it is divided by `number`. So each key is in one
        shard, whatever else there is.

        Parameters
        ----------
        key : str
            Path of a photo, or name of a file with photos and where in it they are.
        """
        digest = blake2b(os.fsencode(key), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.number == self.index

    def __str__(self) -> str:
        """Return index and number as the user names them."""
        return f"{self.index}/{self.number}"
