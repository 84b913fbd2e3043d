"""The study on pilot zones: its variables, specifications, printed columns and exhibits' rows."""
