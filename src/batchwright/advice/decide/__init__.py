"""From measured batch sizes to a recommendation, or to the reason why there is none."""
