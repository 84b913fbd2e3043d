"""Estimators for any panel."""
