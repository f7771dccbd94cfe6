"""The pipeline's entry points (verbs), declarations, and a room for each stage."""
