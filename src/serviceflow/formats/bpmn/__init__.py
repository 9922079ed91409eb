"""BPMN 2.0 in and out: diagrams with their simulation parameters become chains, and chains diagrams."""
