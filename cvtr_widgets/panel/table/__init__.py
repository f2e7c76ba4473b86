"""The lead table: pages of rows, sorted, searched and filtered in the kernel."""
