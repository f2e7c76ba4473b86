"""The client of one Convertr enterprise: plain records, useful without any widget."""
