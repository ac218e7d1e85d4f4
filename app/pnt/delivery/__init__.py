"""Sends what a body reports of a quarter to the PNT's web service, so that nobody uploads a workbook.

Facts of the protocol: docs/adr/0036-pnt-web-service.md. It offers no way to ask what the PNT holds, so nothing is added
whose earlier adding may have arrived: such a row waits until a person has looked at the PNT.
"""
