"""Import into the fostering register from the files a case system writes."""
