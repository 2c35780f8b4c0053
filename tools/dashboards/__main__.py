"""Write the dashboards again: `python -m dashboards` from tools/, or `make generate`."""

from __future__ import annotations

from pathlib import Path

from .boards import documents


def main() -> None:
    """Write what is out of date."""
    root = Path(__file__).resolve().parents[2]
    for path, text in documents(root):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
