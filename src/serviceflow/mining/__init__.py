"""What logs of real work say: events as instances of work, and where they waited."""
