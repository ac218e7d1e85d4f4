"""Tenants, their hosts, names in time and OCID prefixes, and the padrón of their sujetos obligados."""
