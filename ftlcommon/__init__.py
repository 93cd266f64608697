"""What ftlserver and ftlclient share: file formats and the command line. It imports neither of them."""
