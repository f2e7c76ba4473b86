"""Lead ids out of whatever the user has: frames, lists, text and files."""
