"""What the exit code of a command says to whoever runs it. Any other failure exits with 1 and is worth another try."""

FAILED_EXPECTATIONS = 3
"""The staged rows are not fit to be published: checking the same rows again gives the same answer. (2 is wrong usage.)"""
