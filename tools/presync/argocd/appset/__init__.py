"""The parts of expanding an ApplicationSet; :mod:`presync.argocd.expand` puts them together."""
