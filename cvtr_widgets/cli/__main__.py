"""``python -m cvtr_widgets.cli``: the command ``cvtr-widgets``."""

from cvtr_widgets.cli.app import main

main()
