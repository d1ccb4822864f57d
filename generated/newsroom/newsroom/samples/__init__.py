"""What the seeds of all features share."""
