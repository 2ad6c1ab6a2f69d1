"""Training samples: windows of photographs, labelled, cut out and kept in files."""
