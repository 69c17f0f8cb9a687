"""Pages on the terminal, as one HTML file, in a notebook; next steps as commands and calls."""
