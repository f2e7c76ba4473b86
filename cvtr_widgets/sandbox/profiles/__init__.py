"""The sandbox speaking as a Convertr with other words would."""
