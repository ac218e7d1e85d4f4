"""SIPOT out: what each sujeto obligado owes the PNT in a quarter, the workbook to upload, and quarters without contracts."""
