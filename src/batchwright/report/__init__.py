"""From a study's result to figures and one HTML file; matplotlib is imported only when something is drawn."""

from batchwright.report.html import notebook_html, render_html, write_figures, write_report

__all__ = ["notebook_html", "render_html", "write_figures", "write_report"]
