"""How objects show themselves: rounded texts, and markup for notebooks in light and dark."""
