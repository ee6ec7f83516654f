"""llama.cpp, always in a process of its own."""
