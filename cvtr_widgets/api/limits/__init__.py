"""The request limits of the platform, shared by all kernels of a user on this machine."""
