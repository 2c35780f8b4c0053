"""SealedSecrets, written and read as kubeseal and the sealed-secrets controller do.

A value is encrypted for the controller's public key and bound to the name and the namespace of its Secret, so that only
the controller of one cluster can open it, and only there. Plain values live in this process alone: they are never
arguments, never printed, never part of an error, and no file on disk.
"""
