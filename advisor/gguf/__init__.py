"""What a GGUF file says of itself, read before anything native touches it."""
