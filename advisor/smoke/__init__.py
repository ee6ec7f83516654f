"""The smoke test: does a model really work here?"""
