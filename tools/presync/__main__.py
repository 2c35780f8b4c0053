"""``python -m presync``."""

from presync.commands import main

if __name__ == "__main__":
    main()
