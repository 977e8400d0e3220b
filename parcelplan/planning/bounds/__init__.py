"""What no plan can fall below, proved without looking at days."""
