"""Charts as SVG: data in, text out. Pure: no database, no HTTP, no page.

What they say stands in a table beside them too. Colours and sizes are presentation attributes, which a strict content
security policy lets through, so that a chart is the same inside of a page and alone in an image; classes let a page's own
sheet speak over them (dark, print). Drawn 320 units wide: on the narrowest phone its letters are still to be read.
"""
