"""Plans and runs. Knows Convertr only as a ``LeadService``."""
