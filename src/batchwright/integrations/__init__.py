"""What connects the package to other people's tools."""
