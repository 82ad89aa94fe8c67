"""The repository in the home of a notebook run."""
