"""From any result to what people see: a page of blocks, its words, its figures, and who renders it."""
