"""Reads only: every query of the desk. What it shows is written by others."""
