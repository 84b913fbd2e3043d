"""Numbered tables and figures; nothing is estimated here."""
