"""The panel: three steps in one widget (``lead_panel.py``), and all that it knows without one (``state.py``)."""
