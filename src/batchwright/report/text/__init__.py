"""What results say, in sentences."""
