"""``LeadSession``: the whole job for scripts and notebooks."""
