"""Service between departments: what people say, need and were promised, joined with what a run showed."""
