"""Files of the documents of a process: received, examined, kept, published and taken back; and links checked."""
