"""The report: one self-contained HTML file that answers, shows, and says how far it can be trusted."""
