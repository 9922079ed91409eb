"""A chain from a log: who serves, when, how long, how often, what comes next, and hidden delays."""
