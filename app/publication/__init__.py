"""Publication: releases in an append-only chain, their exact bytes, records, facets, withdrawal."""
