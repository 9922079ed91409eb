"""Event logs in files: CSV, XES and OCEL as columns of text, before anybody has asked what they mean."""
