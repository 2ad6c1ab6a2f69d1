"""Which photographs are held back."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fastmtcnn.training import TrainingError, TrainingSet
from fastmtcnn.training.data.splitting import Split, names_of, split, take_replay
from tests.training.generated import annotated, photo, training_set


def numbered(name: str, count: int, *, complete: bool = True) -> TrainingSet:
    images = [annotated(f"{name}/photo {k}", path=Path(f"{name}/{k}.jpg")) for k in range(count)]
    return training_set(name, images, complete=complete)


def position(key: str) -> float:
    """The first 64 bits of SHA-256 as a share, computed another way."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:16], 16) / 16**16


def test_the_hash_of_the_relative_name_decides() -> None:
    got = split([numbered("faces", 200)], share=0.3)
    expected = {k for k in range(200) if position(f"photo {k}") < 0.3}
    assert names_of(got.held_back) == [f"faces/photo {k}" for k in sorted(expected)]
    assert names_of(got.training) == [f"faces/photo {k}" for k in range(200) if k not in expected]
    assert 35 < len(expected) < 85


def test_the_order_and_name_of_a_set_and_further_photographs_do_not_matter() -> None:
    small, large = numbered("faces", 50), numbered("renamed", 200)
    first = {name.split("/")[1] for name in names_of(split([small]).held_back)}
    mixed = replace(large, images=large.images[::-1])
    second = {name.split("/")[1] for name in names_of(split([mixed, small]).held_back)}
    assert first == {name for name in second if int(name.split()[1]) < 50}


def test_photographs_that_cannot_be_divided_are_refused_with_the_reason() -> None:
    one = training_set("one", [annotated("one/a", group="clip")])
    clip = training_set("clip", [annotated(f"clip/{k}", group="clip") for k in range(5)])
    assert 0.2 < position("group\0clip") < 0.9
    for faces, share, words in (
        (one, 0.2, "held back to measure with, got no photograph, since the only one is trained"),
        (one, 0.9, "to train with, got no photograph, since the only one is held back; "),
        (clip, 0.2, "held back to measure with, got no photograph, since all 5 are trained with; "),
    ):
        with pytest.raises(TrainingError, match=words):
            split([faces], share=share)


def test_photographs_of_single_faces_alone_are_refused() -> None:
    crops = numbered("crops", 20, complete=False)
    with pytest.raises(TrainingError, match="photographs of which all faces are annotated"):
        split([crops])
    # Half of a guard is learned from.
    assert split([crops], guard=[numbered("old", 20)]).guard
    assert split([crops, training_set("none", [annotated("none/a", ())])]).training


def sides(got: Split) -> tuple[set[str], set[str]]:
    return set(names_of(got.training)), set(names_of(got.held_back))


def test_groups_stay_together() -> None:
    images = [
        annotated(f"clips/{clip}/{k}", group=f"clip {clip}") for clip in range(40) for k in range(5)
    ]
    training, held_back = sides(split([training_set("clips", images)], share=0.5))
    clips = [{name.split("/")[1] for name in side} for side in (training, held_back)]
    assert not clips[0] & clips[1]
    assert len(clips[0] | clips[1]) == 40
    assert training | held_back == {image.name for image in images}


def test_copies_that_roboflow_made_stay_together() -> None:
    names = [f"set/p{k}_jpg.rf.{copy * 8}" for k in range(60) for copy in "0af"]
    training, held_back = sides(split([training_set("set", list(map(annotated, names)))]))
    stems = [{name.split(".rf.")[0] for name in side} for side in (training, held_back)]
    assert stems[0]
    assert stems[1]
    assert not stems[0] & stems[1]


def test_equal_files_stay_together_over_sets(tmp_path: Path) -> None:
    sets = []
    for name in ("a", "b"):
        images = [
            annotated(f"{name}/{name}{k}", path=photo(tmp_path / name / f"{k}.png", 9, 9, seed=k))
            for k in range(40)
        ]
        sets.append(training_set(name, images))
    training, held_back = sides(split(sets, share=0.5))
    numbers = [{name.split("/")[1][1:] for name in side} for side in (training, held_back)]
    assert numbers[0]
    assert numbers[1]
    assert not numbers[0] & numbers[1]


@pytest.mark.parametrize("share", [1e-9, 1 - 1e-9])
def test_a_small_set_has_both_parts(share: float) -> None:
    got = split([numbered("faces", 2)], share=share)
    assert len(names_of(got.training)) == len(names_of(got.held_back)) == 1


def test_watched_is_a_part_of_what_is_held_back() -> None:
    sets = [numbered("a", 300), numbered("crops", 300, complete=False), numbered("b", 100)]
    got = split(sets, share=0.5, most_watched=20)
    watched = names_of(got.watched)
    assert set(watched) < set(names_of(got.held_back))
    assert len([name for name in watched if name.startswith("crops/")]) == 20
    assert len([name for name in watched if not name.startswith("crops/")]) == 20
    assert {each.complete for each in got.watched} == {True, False}
    assert names_of(split(sets, share=0.5, most_watched=10**6).watched) == names_of(got.held_back)


def test_a_set_of_its_own() -> None:
    data, validation = numbered("data", 20), numbered("validation", 10)
    got = split([data], validation=[validation])
    assert (names_of(got.training), names_of(got.held_back)) == (
        names_of([data]),
        names_of([validation]),
    )


def test_a_set_of_its_own_must_not_be_trained_with() -> None:
    data, validation = numbered("data", 20), training_set("other", numbered("data", 20).images[7:8])
    with pytest.raises(TrainingError, match=r"data/7\.jpg' is in data and other"):
        split([data], validation=[validation])


def test_the_guard_is_what_is_not_trained_with() -> None:
    data = numbered("data", 50)
    guard = replace(data, name="guard", images=[*data.images, annotated("guard/x", path=Path("x"))])
    got = split([data], guard=[guard])
    assert names_of(got.guard) == [*names_of(got.held_back), "guard/x"]
    with pytest.raises(TrainingError, match=r"the guard must have photographs.*others in guard"):
        split([data], validation=[numbered("v", 3)], guard=[replace(data, name="guard")])


def test_faces_are_needed_on_both_sides() -> None:
    nothing = training_set("nothing", [annotated(f"nothing/{k}", ()) for k in range(9)])
    ignored = training_set("i", [annotated(f"i/{k}", ignored=[True]) for k in range(9)])
    for each in (nothing, ignored):
        with pytest.raises(TrainingError, match="one face to train with, got none in "):
            split([each])
        with pytest.raises(TrainingError, match="held back to measure with, got none in 9 photogr"):
            split([numbered("faces", 5)], validation=[each])


@pytest.mark.parametrize("share", [0, 1, -0.1, np.nan])
def test_other_shares_are_refused(share: float) -> None:
    with pytest.raises(ValueError, match="the share to hold back must be a number above 0 and bel"):
        split([numbered("faces", 5)], share=share)
    with pytest.raises(ValueError, match="photographs to watch must be a whole number"):
        split([numbered("faces", 5)], most_watched=0)


def test_half_of_the_guard_is_learned_from_but_nothing_that_is_held_back() -> None:
    parts = split([numbered("own", 40)], guard=[numbered("old", 40)])
    (old,) = parts.guard
    (held_back,) = parts.held_back
    both = replace(old, images=[*old.images, *held_back.images])
    taken = take_replay(replace(parts, guard=[both]))
    replayed = {name for name in names_of(taken.training) if name.startswith("old/")}
    assert replayed == {f"old/photo {k}" for k in range(40) if position(f"photo {k}") < 0.5}
    assert not replayed & set(names_of(taken.guard))
    assert names_of(taken.held_back) == names_of(parts.held_back)
    assert set(names_of(taken.training)) - replayed == set(names_of(parts.training))


def test_a_guard_that_cannot_be_divided_guards() -> None:
    parts = split([numbered("own", 40)], guard=[numbered("old", 1)])
    taken = take_replay(parts, share=0.999999)
    assert names_of(taken.guard) == ["old/photo 0"]
    assert names_of(taken.training) == names_of(parts.training)
