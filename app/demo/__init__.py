"""Demonstration data of our own making: deterministic, fictitious and pure (no database, no clock, no network).

Everything is invented and says so ("de Demostración", addresses under `.example`, RFCs with the marks `XD`
and `DM`), so that nothing can be mistaken for a real institution, firm or person.
"""
