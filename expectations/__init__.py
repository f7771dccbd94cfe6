"""The quality gates: what must hold of staged rows before they are published, one module per table."""
