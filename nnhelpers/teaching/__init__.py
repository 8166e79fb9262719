"""Teaching: checks that name the mistake, and quick questions."""
