"""Plans at once, and better ones piece by piece, without a solver wherever one is not needed."""
