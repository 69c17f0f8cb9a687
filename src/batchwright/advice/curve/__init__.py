"""Steps to target against batch size: the curve, the critical batch size, how sure it is."""
