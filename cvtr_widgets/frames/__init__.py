"""Records of the service as DataFrames, and DataFrames as files."""
