"""What machines read of the public pages: feeds, alerts as CAP documents, the sitemap, robots.txt."""
