"""The report of a run: one HTML page or workbook for people who were not there."""
