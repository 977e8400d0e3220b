"""Pure geometry on arrays of shapes, without domain words. All lengths and areas are in the unit of the coordinates."""
