"""A kit for a workshop: pages to print, filled in as far as is known, and files to fill in."""
