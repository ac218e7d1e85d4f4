"""The portal: public pages, where people read what is published."""
