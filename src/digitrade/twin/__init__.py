"""Simulated data whose truth is known, calibrated in the open to what the papers printed."""
