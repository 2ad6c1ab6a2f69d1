"""Which photo is in which shard."""

from __future__ import annotations

import re
from hashlib import blake2b

import pytest

from fastmtcnn.shards.division import Shard

KEYS = ["photos/a.jpg", "photos/ä.jpg", "s3://bucket/1.tar", "t.parquet#3", "", "caf\udce9.jpg"]
KEYS += [f"photos/{number}.jpg" for number in range(400)]


def test_every_key_is_in_one_shard() -> None:
    for number in (1, 2, 7, 16):
        shards = [Shard(index, number) for index in range(number)]
        assert all([shard.has(key) for shard in shards].count(True) == 1 for key in KEYS)


def test_shards_are_of_about_the_same_size() -> None:
    sizes = [sum(Shard(index, 4).has(key) for key in KEYS) for index in range(4)]
    assert sum(sizes) == len(KEYS)
    assert min(sizes) > 60


def test_the_rule_of_the_documentation() -> None:
    for key in KEYS[:5]:
        digest = blake2b(key.encode(), digest_size=8).hexdigest()
        assert Shard(int(digest, 16) % 11, 11).has(key)
    # It must never change, or shards of two versions would overlap.
    recorded = {"photos/a.jpg": 1, "s3://bucket/1.tar": 15, "t.parquet#3": 14}
    assert all(Shard(index, 16).has(key) for key, index in recorded.items())


@pytest.mark.parametrize(("text", "shard"), [("0/1", Shard()), ("15/16", Shard(15, 16))])
def test_parsed(text: str, shard: Shard) -> None:
    assert Shard.parsed(text) == shard
    assert str(shard) == text


@pytest.mark.parametrize("text", ["", "1", "1/1", "16/16", "-1/4", "0/0", "a/b", "0/4 ", "1,4"])
def test_wrong(text: str) -> None:
    message = f"a shard must be I/N with I from 0 to N - 1, .*, got {re.escape(repr(text))}"
    with pytest.raises(ValueError, match=message):
        Shard.parsed(text)


def test_too_many() -> None:
    with pytest.raises(ValueError, match="at most 99999 shards, got 100000"):
        Shard.parsed("0/100000")
