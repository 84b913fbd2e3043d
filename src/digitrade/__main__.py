"""``digitrade`` and ``python -m digitrade``: the command line, if what it needs is there."""

import sys


def main() -> None:
    """Run the command; without the extra ``book``, say in a sentence what is missing."""
    try:
        from digitrade.cli import main as run

        run()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
    except ModuleNotFoundError as error:
        if (error.name or "digitrade").startswith("digitrade"):
            raise
        sys.exit(
            f"Error: The command needs {error.name}, which the estimators alone do without: "
            "pip install 'digitrade[book]'"
        )


if __name__ == "__main__":
    main()
