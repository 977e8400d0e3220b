"""Why there is no plan: demands that cannot hold together, and how little would have to give."""
