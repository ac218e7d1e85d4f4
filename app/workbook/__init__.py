"""Our own workbook: the model as sheets, written from documents and read back into what a person changed (docs/adr/0037)."""
