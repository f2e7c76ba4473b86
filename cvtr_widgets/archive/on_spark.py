"""The same archive asked on a Spark cluster, when one machine is not enough: the same files, the same questions, equal answers.

Nothing of this package runs on the cluster: the questions are expressions that Spark carries out. Only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import narwhals as nw

from cvtr_widgets.archive import schema
from cvtr_widgets.archive.archived_leads import ARCHIVE_COLUMNS
from cvtr_widgets.archive.asking import NAMED, AskedForLeads, LeadQuestion
from cvtr_widgets.archive.store import MANIFEST, PREFIX, Manifest
from cvtr_widgets.errors import ArchiveError
from cvtr_widgets.insight.lazy_leads import micros

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession


@dataclass(frozen=True)
class SparkLeads:
    """Leads of an archive on Spark, for ``cvtr.insight``. ``frame`` is the Spark DataFrame, for questions of one's own."""

    frame: DataFrame = field(repr=False)
    attrs: dict[str, Any] = field(repr=False)

    @property
    def columns(self) -> list[str]:
        """The names of their columns, ``lead_id`` first."""
        return list(self.frame.columns)

    @property
    def lazy(self) -> nw.LazyFrame[Any]:
        """The same as a Narwhals lazy frame, with times as microseconds besides (``insight.lazy_leads``)."""
        from pyspark.sql import functions as f

        times = {f"{name}_us": f.unix_micros(f.col(name)) for name in ("date", "first_delivered")}
        made: nw.LazyFrame[Any] = nw.from_native(self.frame.withColumns(times))
        return made

    def __len__(self) -> int:
        """How many they are."""
        return int(self.frame.count())


class SparkArchive(AskedForLeads[SparkLeads]):
    """An archive that a Spark session reads. Made by ``Archive.on(spark, path)``."""

    def __init__(self, spark: SparkSession, path: str, store: str | None) -> None:
        self._spark = spark
        self._root, self._manifest = _part(spark, path.rstrip("/"), store)

    def __repr__(self) -> str:
        return f"<SparkArchive {self._root.rpartition('/')[2]}>"

    def _answer(self, question: LeadQuestion) -> SparkLeads:
        from pyspark.sql import functions as f

        found = self._last(question.at)
        if not question.deleted:
            found = found.where(f.col("presence") == schema.THERE)
        for part in question.any_of:
            found = found.where(reduce(or_, (_is(column, value) for column, value in part)))
        if question.after is not None:
            found = found.where(f.unix_micros(f.col("date")) >= micros(question.after))
        if question.before is not None:
            found = found.where(f.unix_micros(f.col("date")) <= micros(question.before))
        kinds: Mapping[str, str] = {**schema.fields(self._manifest.personal), **ARCHIVE_COLUMNS}
        return SparkLeads(found.select("lead_id", *kinds), question.attrs(self._manifest, kinds))

    def _last(self, at: datetime | None) -> DataFrame:
        """The last version of each lead that had been read by then, with when the lead had been seen last."""
        from pyspark.sql import functions as f

        versions, seen = self._files("versions"), self._files("seen")
        if at is not None:
            # Compared as whole microseconds: a time in the question would be read in the zone of the Spark session, which may be
            # any.
            versions = versions.where(f.unix_micros(f.col("read_at")) <= micros(at))
            seen = seen.where(f.unix_micros(f.col("seen_at")) <= micros(at))
        if at is not None and not versions.take(1):
            raise ArchiveError(
                f"The archive cannot tell how leads were at {at:%Y-%m-%d %H:%M}: it begins later. Choose a later time."
            )
        # The greatest version and not the latest time: clocks jump, version numbers do not.
        last = versions.groupBy("lead_id").agg(f.max("version").alias("version"))
        observation = seen.groupBy("lead_id").agg(f.max("seen_at").alias("seen_at"))
        return versions.join(last, ["lead_id", "version"]).join(observation, "lead_id", "left")

    def _files(self, kind: str) -> DataFrame:
        names = [f"{self._root}/{file.name}" for file in self._manifest.of(kind)]
        if not names:
            raise ArchiveError(f"The archive in {self._root!r} holds no leads yet. Fill it: archive.sync(session).")
        # Only what the manifest names counts, whatever else lies beside it.
        return self._spark.read.parquet(*names)


def _is(column: str, value: Any) -> Column:
    """Whether a column has a value; names are compared in small letters."""
    from pyspark.sql import functions as f

    return (f.lower(f.col(column)) if column in NAMED else f.col(column)) == value


def _part(spark: SparkSession, path: str, store: str | None) -> tuple[str, Manifest]:
    """The folder of the part that is asked, and its manifest, read through Spark: the path may be one of the cluster's own.

    Raises:
        ArchiveError: there is none, several and none was named, or it is damaged.
    """
    from pyspark.errors import PySparkException
    from pyspark.sql import functions as f

    wanted = f"{PREFIX}{store}" if store else f"{PREFIX}*"
    try:
        # As one text a file: the manifest has line breaks, and Spark's JSON reader would guess its types.
        rows = spark.read.text(f"{path}/{wanted}/{MANIFEST}", wholetext=True).select("value", f.input_file_name()).collect()
        found = {str(place).rpartition("/")[0]: Manifest.loaded(text.encode()) for text, place in rows}
    except PySparkException:
        found = {}
    except (ValueError, KeyError, TypeError):
        raise ArchiveError(f"A manifest in {path!r} is damaged, or of a later version. Put back a copy of it.") from None
    if len(found) != 1:
        names = ", ".join(sorted(root.rpartition(PREFIX)[2] for root in found))
        what = f"holds several parts: {names}. Name one with store=" if found else "cannot be read by Spark, or holds nothing yet"
        raise ArchiveError(f"The archive in {path!r} {what}. Check the path.")
    return next(iter(found.items()))
