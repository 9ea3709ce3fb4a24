"""Measurements that anyone can run: `make bench`. The method and what came out stand in docs/performance.md."""
