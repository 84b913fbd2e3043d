"""From a notebook and its parameters to an executed chapter, and from chapters to the book."""
