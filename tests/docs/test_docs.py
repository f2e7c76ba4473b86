"""The docs say what the code does: tables are made from it, examples run, links lead somewhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_tables_are_current():
    done = subprocess.run([sys.executable, "tools/tables.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "not current: none\n"), f"{done.stdout}{done.stderr}: run python tools/tables.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_within_the_project_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_page_for_developers_names_every_command_and_the_folders_of_slow_tests():
    import dev
    from tests.conftest import THOROUGH

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `python3 dev\.py ([a-z-]+)", text, re.MULTILINE)) == dev.COMMANDS.keys()
    (line,) = (line for line in text.splitlines() if "| `thorough` |" in line)
    assert set(re.findall(r"`(?:tests/)?([a-z]+)`", line)) - {"thorough"} == THOROUGH


def test_the_readme_stays_short_and_names_every_page_of_the_docs():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 90, "what a first reader does not need belongs into docs/"
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"](docs/{page.name})" not in text] == []


def test_the_script_of_the_readme_runs(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (script,) = [block for block in blocks if "session.run" in block]
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, env=_env()
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("I mark ")
    assert (tmp_path / "results.csv").read_text(encoding="utf-8").count("confirmed") > 0


def test_the_example_of_the_questions_runs(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "insight.md").read_text(encoding="utf-8"), re.DOTALL)
    script = "\n".join(blocks)
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, env=_env()
    )
    assert done.returncode == 0, done.stderr
    assert "LeadGen Ltd" in done.stdout


@pytest.mark.parametrize("page", ["sharing.md", "policies.md", "unattended.md", "returns.md", "reports.md"])
def test_the_examples_of_a_page_run(tmp_path, page):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "script.py").write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        env={**_env(), "CVTR_JOURNAL": str(tmp_path / "journal")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_page_on_policies_has_every_key_and_a_policy_that_is_read(tmp_path):
    from cvtr_widgets.plans import policy

    text = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "policy.toml"
    path.write_text(example, encoding="utf-8")
    found = policy.policy_of(path)
    named = set(re.findall(r"`([a-z_.]+)`", "".join(line.partition("| ")[2].partition(" |")[0] for line in text.splitlines())))
    for name, model in (
        ("", policy.Policy), ("two_persons.", policy.TwoPersons), ("reasons.", policy.AllowedReasons), ("caps.", policy.Cap),
        ("exceptions.", policy.Exceptions),
    ):  # fmt: skip
        for key in model.model_fields.keys() - {"mark"}:
            assert f"{name}{key}" in named or any(one.startswith(f"{key}.") for one in named), f"{name}{key}"
    assert found.model_fields_set >= policy.Policy.model_fields.keys() - {"mark"}, "the example lacks a key"
    assert "reasons.allowed" in named


def test_the_examples_of_the_archive_run(tmp_path):
    pytest.importorskip("duckdb", reason="the archive is an extra")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "archive.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "script.py").write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, env=_env()
    )
    assert done.returncode == 0, done.stderr
    assert "\nValid\n" in done.stdout
    assert "500 leads archived" in done.stdout


def _env() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_every_class_name_of_the_table_is_in_the_page():
    from cvtr_widgets.panel.lead_panel import LeadPanel
    from cvtr_widgets.panel.link.class_names import CLASS_NAMES

    assert [name for name in CLASS_NAMES if name not in LeadPanel._esm] == []


def _dialects() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "dialect.md").read_text(encoding="utf-8"), re.DOTALL)


def test_every_example_of_a_dialect_is_one(tmp_path):
    from cvtr_widgets.dialect.default import default_dialect, load_dialect

    examples = _dialects()
    assert len(examples) >= 22
    for number, text in enumerate(examples):
        (tmp_path / f"{number}.toml").write_text(text, encoding="utf-8")
        assert load_dialect(tmp_path / f"{number}.toml").hash != default_dialect().hash, f"this example says nothing new:\n{text}"


def test_every_kind_of_entry_has_an_example():
    from cvtr_widgets.dialect import kinds
    from cvtr_widgets.dialect.examples import EXAMPLES

    every = {
        k
        for k in vars(kinds).values()
        if isinstance(k, type) and issubclass(k, kinds.DialectEntry) and k is not kinds.DialectEntry
    }
    assert every == set(EXAMPLES)


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_notebook_holds_nothing_but_what_its_reader_wants(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = "".join("".join(cell["source"]) + "\n" for cell in cells if cell["cell_type"] == "code")
    assert not re.search(r"^\s*(assert|%%?capture|pytest)\b", code, re.MULTILINE), "checks belong into tests"
