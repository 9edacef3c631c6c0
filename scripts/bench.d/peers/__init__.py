"""What we are measured against, one tool a file: how it is set up, and what it is asked to do."""
