"""What goes wrong in the sandbox on request: at the service and in the network."""
