"""The real Argo CD control plane on one machine, without containers: the yardstick that presync is measured with.

It imports nothing of presync: a yardstick that shared code with what it measures would share its mistakes.
"""
