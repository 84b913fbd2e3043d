"""The study on digital finance and trade."""
