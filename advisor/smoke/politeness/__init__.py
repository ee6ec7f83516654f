"""How politely does a model write Japanese? Endings, consistency of register, markers, forms out of place in a shop."""
