"""What is known of host machines: their platforms, the names of targets, the tags of wheels."""
