"""Views, one module each, which turn an answer into a Rich renderable or into rows and print nothing."""
