"""A notebook on an extra is left out where the extra is not installed, as its tests are."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("duckdb") and find_spec("pyarrow") else ["notebooks/archive.ipynb"]
