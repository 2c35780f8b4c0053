"""Writes the tables of metric names that presync's monitoring rules know, from exporters that really run."""
