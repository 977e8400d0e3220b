"""Land in time: works, constraints, developable land, readiness, and what a scheme builds on it."""
