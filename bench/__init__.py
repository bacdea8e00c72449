"""Benchmarks: `python -m bench` runs all of them and writes bench/results.json and docs/benchmarks.md."""
