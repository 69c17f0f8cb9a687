"""``python -m batchwright``: the command line, with the interpreter that is asked."""

from batchwright.cli.main import main

if __name__ == "__main__":
    main()
