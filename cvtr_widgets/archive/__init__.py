"""Every lead as it was on any day: versions in Parquet files, asked through DuckDB. ``Archive`` is the public face."""
