"""Critical points: their class, the way to one, the way out of a saddle."""
