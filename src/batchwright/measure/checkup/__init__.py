"""What in a task would spoil a study: short trials of its model, loss, data and target, before anything trains."""
