"""A whole tree through the real Argo CD and through presync."""
def compare(*a): raise SystemExit("later")
