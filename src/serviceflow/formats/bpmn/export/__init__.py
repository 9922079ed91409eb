"""Chains as BPMN diagrams: what is drawn, where it lies, its figures, and the text of the file."""
