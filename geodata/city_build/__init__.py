"""Makes up cities of any size from a seed: parcels, power lines, rivers and roads, with the works that end them."""
