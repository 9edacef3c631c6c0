"""The comparisons, one a file: each runs its contestants in turns and keeps what was measured."""
