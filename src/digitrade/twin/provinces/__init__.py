"""Simulated provinces around the public index, calibrated in the open, truth known."""

from digitrade.twin.provinces.simulate import DEFAULT_SEED, ProvinceTwin, simulate_provinces

__all__ = ["DEFAULT_SEED", "ProvinceTwin", "simulate_provinces"]
