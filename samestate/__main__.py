"""The command `samestate`, also as `python -m samestate`. Nothing is imported before an interruption is awaited."""

import sys


def main() -> None:
    """Run the command. Ctrl-C while it is still being imported is told like any other."""
    try:
        from samestate.conformance.command import main as command

        command()
    except KeyboardInterrupt:
        print("samestate: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
