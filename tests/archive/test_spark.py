"""The questions give the same answers on Spark, in a real local session. Takes most of a minute to start: not every day."""

from __future__ import annotations

import os
import re
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("duckdb", reason="the archive is an extra")
pytest.importorskip("pyspark", reason="Spark is not installed")

import cvtr_widgets as cvtr
from cvtr_widgets.errors import ArchiveError
from tests.archive.in_store import archived
from tests.archive.test_engines import QUESTIONS, in_order, same
from tests.insight.worlds import frame_of, rows_of

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="Spark needs Java"),
    pytest.mark.filterwarnings("ignore"),  # Spark's own
]


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    from pyspark.sql import SparkSession

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("spark")))
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.parametrize("seed", range(50))
def test_spark_gives_the_same_answers(spark, tmp_path, seed):
    zone = ("UTC", "America/New_York")[seed % 2]
    spark.conf.set("spark.sql.session.timeZone", zone)  # whatever the cluster is set to
    frame = frame_of(rows_of(seed))
    archive = archived(tmp_path, frame, "hashed")
    leads = cvtr.Archive.on(spark, str(tmp_path)).leads()
    assert len(leads) == len(frame)
    for questions in QUESTIONS.values():
        for question in questions[: 3 if seed == 0 else 1]:
            same(in_order(question(frame)), in_order(question(leads)))
    archive.close()


def test_the_job_of_the_docs_runs(spark, tmp_path, monkeypatch, capsys):
    archived(tmp_path, frame_of(rows_of(2))).close()
    page = (Path(__file__).resolve().parents[2] / "docs" / "spark.md").read_text(encoding="utf-8")
    (job,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.setattr(sys, "argv", ["job.py", str(tmp_path)])
    exec(compile(job, "job.py", "exec"), {})
    assert "delivered" in capsys.readouterr().out


def test_spark_sees_the_same_leads(spark, tmp_path):
    frame = frame_of(rows_of(3))
    frame.attrs["as_of"] = "2026-11-20T00:00:00+00:00"
    archive = archived(tmp_path, frame)
    mine, theirs = archive, cvtr.Archive.on(spark, str(tmp_path))
    at = datetime.fromisoformat(frame.attrs["as_of"])
    for filters in (
        {"status": ["Valid", "Test"]}, {"campaign": ["X", "Z"]}, {"created_after": "2026-04-01", "created_before": "2026-10-24"},
        {"delivery": "Delivered", "publisher": "Ωmega"}, {"as_of": at + timedelta(minutes=1), "deleted": True},
    ):  # fmt: skip
        ids = {row.lead_id for row in theirs.leads(**filters).frame.select("lead_id").collect()}
        assert ids == set(mine.leads(**filters).to_pandas().index)
    with pytest.raises(ArchiveError, match="Choose a later time"):
        theirs.leads(as_of=at - timedelta(days=1))
    with pytest.raises(ArchiveError, match="cannot be read by Spark"):
        cvtr.Archive.on(spark, str(tmp_path / "nowhere"))
    archive.close()
