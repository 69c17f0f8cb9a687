"""What errors say, in other languages than English: one folder a language, one module a layer."""
