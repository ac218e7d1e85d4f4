"""SIPOT, the obligations' part of the PNT: its formats, its workbooks in and out, and what each column is in OCDS. Pure."""
