"""Where the host's Python comes from, and whether it is what was asked for -> HostPython."""
