"""Files and images: opened, decoded and written safely."""
