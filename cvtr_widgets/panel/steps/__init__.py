"""The panel's three steps, without widgets."""
