"""The eight actions: what each is called, asks, changes and needs, and what proves it."""
