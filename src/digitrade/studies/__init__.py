"""One room for each study."""
