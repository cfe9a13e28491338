"""Services to build on."""
