"""Returns files: what an advertiser sends back, matched to leads, as one plan, and answered row by row."""
