"""What a smoke test looks at: rules that judge one answer, probes that ask for themselves."""
