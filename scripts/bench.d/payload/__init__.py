"""What is installed: three releases of one payload, made from a seed, and a bulk of any size."""
