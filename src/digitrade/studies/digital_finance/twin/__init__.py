"""Simulated provinces around the public index, calibrated in the open, truth known."""

from digitrade.studies.digital_finance.twin.simulate import DEFAULT_SEED, simulate_provinces

__all__ = ["DEFAULT_SEED", "simulate_provinces"]
