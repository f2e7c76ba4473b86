"""A plan: what an action would do to each lead, as a value with a fingerprint. Sends nothing."""
