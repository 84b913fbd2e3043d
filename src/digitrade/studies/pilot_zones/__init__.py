"""The study on pilot zones and financing constraints."""
