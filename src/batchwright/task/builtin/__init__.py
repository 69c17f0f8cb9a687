"""The built-in tasks, one file each.

``some_name.py`` is the task ``some-name``: the first line of its docstring describes it, its function of the
file's name builds it from keyword options, and ``find_data(data_dir)``, where it has one, locates the data on
disk or raises ``DataError`` with how to get them. A file that is added is a task; nothing else names it.
"""
