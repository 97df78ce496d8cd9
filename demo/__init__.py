"""What people touch: the page, its components and tabs."""
