"""What can be wrong: one file, one rule.

A rule is a module named after its id and its name (``arg001_applicationset_failed.py``) with the constants ``ID``,
``NAME``, ``SEVERITY`` and, where it applies, ``UNDETERMINED``; the module's docstring is its documentation. It turns
kinds of Problem that earlier steps report into findings (``KINDS``), or looks for itself (``check``), or both.
"""
