"""Cases of this project as tests of somebody else's, by pytest."""
