"""Catalogues of each tenant: lists of codes that capture offers, versioned, imported and kept by the garante."""
