"""How questions are put to a person: with arrow keys where a terminal can, line by line everywhere else."""
