"""Tests of the control plane that presync is measured with."""
