"""The Simplified Chinese catalogue, one module a subject, with the keys of the English one."""
