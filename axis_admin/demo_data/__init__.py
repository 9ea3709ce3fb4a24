"""The invented customers of a first run. No name, number or key in here is real."""
