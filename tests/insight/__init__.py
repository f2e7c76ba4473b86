"""Questions, findings and charts."""
