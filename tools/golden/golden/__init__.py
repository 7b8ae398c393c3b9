"""Shared parts of the scripts that record what the reference implementations compute on small random checkpoints."""
