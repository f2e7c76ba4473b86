"""Convertr leads in Jupyter."""
