"""The command ``cvtr-widgets``."""
