"""How much the loss rises near a point, by the definitions in use."""
