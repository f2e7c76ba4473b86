"""From a capture of the user's own browser to a dialect. Opens no connection."""
