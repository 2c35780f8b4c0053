"""CEL as the API server evaluates it, on Google's C++ implementation. Only the worker imports this package."""
