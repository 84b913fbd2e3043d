"""``python -m digitrade`` does what the command ``digitrade`` does."""

from digitrade.cli import main

if __name__ == "__main__":
    main()
