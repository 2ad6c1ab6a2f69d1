"""fastmtcnn beside other face detectors, each in an environment of its own."""
