"""Process mapping and bottleneck simulation of internal service chains."""
