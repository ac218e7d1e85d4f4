"""Contracts of CompraNet and Compras MX as releases: their columns and codes as data, reading, mapping. Pure."""
