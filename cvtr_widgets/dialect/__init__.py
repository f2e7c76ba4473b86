"""The description of how one Convertr speaks: its schema, reading and writing a dialect file. Speaks to nobody."""
