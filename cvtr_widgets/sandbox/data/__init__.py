"""The sandbox's leads: made from a seed, kept in SQLite."""
