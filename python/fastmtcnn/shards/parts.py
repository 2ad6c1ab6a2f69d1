"""The files of results of a shard: parts in Parquet, and a manifest in JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import FastMTCNNError, path_name
from ..results.photo import Photo
from ..results.photo_columns import result_columns, result_fields
from .division import Shard
from .folders import folder_at

if TYPE_CHECKING:
    import pyarrow as pa

_FORMAT = 1  # of the manifest
_METADATA = b"fastmtcnn"
_MANIFEST = re.compile(r"_shard-\d{5}-of-\d{5}\.json")
_PART = re.compile(r"part-\d{5}-of-(\d{5})-\d{6}\.parquet")
_MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class OutputError(FastMTCNNError):
    """The folder of results has something that this run may not add to or replace."""


class Counts(NamedTuple):
    """What a part or a shard has.

    Attributes
    ----------
    photos : int
        Number of rows.
    faces : int
        Number of faces.
    problems : mapping of str to int
        Number of photos that could not be used, by kind of problem.
    """

    photos: int
    faces: int
    problems: Mapping[str, int]

    @classmethod
    def of(cls, photos: Iterable[Photo]) -> Counts:
        """Count photos."""
        number = faces = 0
        problems: Counter[str] = Counter()
        for photo in photos:
            number += 1
            faces += photo.detections.num_faces
            if photo.problem is not None:
                problems[photo.problem_kind or "other"] += 1
        return cls(number, faces, dict(problems))

    def __add__(self, other: object) -> Counts:
        """Return the sum of two."""
        if not isinstance(other, Counts):
            return NotImplemented
        problems = dict(Counter(self.problems) + Counter(other.problems))
        return Counts(self.photos + other.photos, self.faces + other.faces, problems)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {**self._asdict(), "problems": dict(sorted(self.problems.items()))}


class Parts:
    """The files of one shard in a folder.

    A part that is there under its name is whole. Its metadata say of which run it is, and of which
    photos: it counts as finished only if it has those that are due.

    Parameters
    ----------
    folder : str
        Path or URI of the folder.
    shard : Shard
        The shard.
    settings : mapping of str to JSON values
        All that results depend on, the same for all shards.
    resume, restart : bool
        Whether to keep the parts of an earlier run, or to delete them. With neither, parts are
        refused, so that they are not lost by a forgotten option.

    Raises
    ------
    OutputError
        If the folder has files of a run with other settings, or parts of this shard about which
        nothing is said.
    OSError
        If the folder cannot be read.
    """

    def __init__(
        self,
        folder: str,
        shard: Shard,
        settings: Mapping[str, Any],
        *,
        resume: bool = False,
        restart: bool = False,
    ) -> None:
        self._name, self._folder = folder, folder_at(folder)
        self._shard = shard
        self._settings = {"shards": shard.number, **settings}
        text = json.dumps(self._settings, sort_keys=True)
        self._digest = blake2b(text.encode(), digest_size=16).hexdigest()
        ending = f"{shard.index:05}-of-{shard.number:05}"
        self._manifest, self._stem = f"_shard-{ending}.json", f"part-{ending}-"
        names = self._folder.names()
        own = self._own_parts(names)
        self._earlier = set() if restart else set(own)
        if restart:
            removed = {*own, self._manifest}.intersection(names)
            for name in removed:
                self._folder.remove(name)
            names = [name for name in names if name not in removed]
        elif own and not resume:
            raise OutputError(
                f"{path_name(folder)} has {len(own)} finished part{'s' * (len(own) > 1)} of shard "
                f"{shard}: --resume continues that run, --restart deletes them and begins again"
            )
        for name in names:
            if _MANIFEST.fullmatch(name):
                self._compare(name)
            part = _PART.fullmatch(name)
            if part is not None and int(part[1]) != shard.number:
                raise OutputError(
                    f"{path_name(folder)}: {name} is of a run with {int(part[1])} shards, not "
                    f"{shard.number}; choose another folder, or empty it"
                )
        self._write_manifest(None, 0)

    def _compare(self, name: str) -> None:
        """Raise an error if a manifest is that of a run with other settings."""
        with self._folder.open(name) as file:
            content = file.read()
        where = f"{path_name(self._name)}: {name}"
        try:
            before = json.loads(content)["settings"]
            names = sorted({*before, *self._settings})
        except _MALFORMED:
            raise OutputError(
                f"{where} is damaged, and its settings cannot be read; delete it if the parts "
                "beside it are of this run"
            ) from None
        for each in names:
            if before.get(each) != self._settings.get(each):
                raise OutputError(
                    f"{where} is of a run with {each} {_short(before.get(each))}, not "
                    f"{_short(self._settings.get(each))}; choose another folder, or empty it"
                )

    def _own_parts(self, names: Iterable[str]) -> list[str]:
        pattern = re.compile(re.escape(self._stem) + r"\d{6}\.parquet")
        return [name for name in names if pattern.fullmatch(name)]

    def _part(self, number: int) -> str:
        return f"{self._stem}{number:06}.parquet"

    def is_there(self, number: int) -> bool:
        """Return whether an earlier run has written a part, of whatever photos.

        Parameters
        ----------
        number : int
            Which part, from 0.
        """
        return self._part(number) in self._earlier

    def finished(self, number: int, keys: Sequence[str]) -> Counts | None:
        """Return what a finished part has, or None if it is not there or has other photos.

        Parameters
        ----------
        number : int
            Which part, from 0.
        keys : sequence of str
            Keys of the photos that it must have.
        """
        from pyarrow import parquet

        try:
            with self._folder.open(self._part(number)) as file:
                schema = parquet.read_schema(file)
            values = json.loads(schema.metadata[_METADATA])
            if (values["run"], values["keys"]) != (self._digest, _digest_of(keys)):
                return None
            return Counts(**values["counts"])
        except (FileNotFoundError, *_MALFORMED):
            return None

    def write(
        self,
        number: int,
        keys: Sequence[str],
        rows: Sequence[pa.RecordBatch],
        counts: Counts,
    ) -> None:
        """Write a part.

        Parameters
        ----------
        number : int
            Which part, from 0.
        keys : sequence of str
            Keys of the photos.
        rows : sequence of pyarrow.RecordBatch
            The rows.
        counts : Counts
            What they are.

        Raises
        ------
        OSError
            If the part cannot be written.
        """
        import pyarrow as pa
        from pyarrow import parquet

        values = {
            "run": self._digest,
            "keys": _digest_of(keys),
            "counts": counts.to_dict(),
        }
        metadata = {_METADATA: json.dumps(values).encode()}
        table = pa.Table.from_batches(rows).replace_schema_metadata(metadata)
        with self._folder.replacing(self._part(number)) as file:
            parquet.write_table(table, file)

    def finish(self, number: int, counts: Counts) -> None:
        """Delete parts beyond the last one, and note in the manifest that the shard is complete.

        Parameters
        ----------
        number : int
            Number of parts.
        counts : Counts
            What they have.

        Raises
        ------
        OSError
            If the files cannot be changed.
        """
        for name in self._own_parts(self._folder.names()):
            if name >= self._part(number):
                self._folder.remove(name)
        self._write_manifest(counts, number)

    def _write_manifest(self, counts: Counts | None, number: int) -> None:
        values: dict[str, Any] = {
            "format": _FORMAT,
            "shard": self._shard.index,
            "settings": self._settings,
            "complete": counts is not None,
        }
        if counts is not None:
            values |= {"parts": [self._part(each) for each in range(number)], **counts.to_dict()}
        with self._folder.replacing(self._manifest) as file:
            file.write(json.dumps(values, indent=2).encode() + b"\n")


def rows_of(columns: Sequence[pa.RecordBatch], photos: Sequence[Photo]) -> pa.RecordBatch:
    """Return rows of a source with their results.

    Parameters
    ----------
    columns : sequence of pyarrow.RecordBatch
        A row of the source for each photo.
    photos : sequence of Photo
        The photos with their faces.
    """
    import pyarrow as pa

    table = pa.Table.from_batches(columns).combine_chunks()
    for field, values in zip(result_fields(), result_columns(photos), strict=True):
        table = table.append_column(field, values)
    return table.combine_chunks().to_batches()[0]


def _digest_of(keys: Sequence[str]) -> str:
    digest = blake2b(digest_size=16)
    for key in keys:
        digest.update(key.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
