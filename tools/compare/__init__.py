"""The mistakes of ``tests/mutations`` given to other tools, and what each of them says."""
