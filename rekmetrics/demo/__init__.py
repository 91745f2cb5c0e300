"""A built-in example: a real model's evaluation, and an AWS of its own on loopback."""
