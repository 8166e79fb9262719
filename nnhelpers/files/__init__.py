"""Files: networks and trainings saved and loaded, and exchanged with NumPy and PyTorch."""
