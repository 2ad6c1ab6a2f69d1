"""Benchmarks of the package, beside a plain implementation and beside other packages."""
