"""Time series: the readings of sensors, one partition for each sensor and day, newest first."""
