"""Run as a program: DOT on standard input, a drawing on standard output.

Graphviz is C: it writes its remarks to standard error, is not safe among threads, and where it
fails it ends the process. So it gets a process of its own (see :mod:`serviceflow.view.render`).
"""

import sys

import pygraphviz


def main() -> None:
    """Draw in the format named by the first argument; more arguments are graph attributes."""
    kind, *attributes = sys.argv[1:]
    graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode("utf-8"))
    for attribute in attributes:
        name, _, value = attribute.partition("=")
        graph.graph_attr[name] = value
    sys.stdout.buffer.write(graph.draw(format=kind, prog="dot"))


if __name__ == "__main__":
    main()
