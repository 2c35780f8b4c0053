"""What a change does, as one HTML file that needs nothing else."""

from presync.report.page.write import as_html

__all__ = ["as_html"]
