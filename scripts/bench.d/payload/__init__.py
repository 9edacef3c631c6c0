"""What is installed: three releases of one payload, made from a seed, and what is derived of them."""
