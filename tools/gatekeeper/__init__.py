"""The real Gatekeeper, asked what presync says about this repository's policies."""
