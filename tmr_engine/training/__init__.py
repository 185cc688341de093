"""Training, and everything else that needs torch or transformers. Serving never imports this package."""
