"""Every result as a page: one function a result."""
