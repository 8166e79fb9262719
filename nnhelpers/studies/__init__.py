"""Studies: what is tried on top of a training, from tuning to the ladder of notebook 13."""
