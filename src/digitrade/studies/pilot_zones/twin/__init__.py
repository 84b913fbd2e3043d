"""Simulated firms with real cities and zones, calibrated in the open, truth known."""

from digitrade.studies.pilot_zones.twin.simulate import DEFAULT_SEED, FirmTwin, simulate_firms

__all__ = ["DEFAULT_SEED", "FirmTwin", "simulate_firms"]
