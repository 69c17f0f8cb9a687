"""Series to figures; the only folder that draws."""
