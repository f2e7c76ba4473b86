"""Messages and files between the kernel and the page."""
