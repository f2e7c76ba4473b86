"""What the user has selected in the panel, as sets of lead ids."""
