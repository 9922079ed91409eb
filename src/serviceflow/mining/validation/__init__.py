"""How near a model comes to a log: distances beside the noise of the log's own time."""
