"""What the machine says: seconds and memory of an update against the batch size."""
