"""What is measured rather than proved: run by hand with `-m benchmark`."""
