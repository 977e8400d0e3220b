"""Sample sites and the scripts that draw them."""
