"""Planning: a problem free of any solver, the search for a plan, and the reasons for every date in it."""
