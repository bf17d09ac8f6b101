"""Every fork as a page: what is new and what is changed against its parent."""
