"""What the machine at hand (or a named profile) can hold, and how fast it reads its memory."""
