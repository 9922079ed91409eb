"""The face of the library: chains and results with everything that can be done with them."""
