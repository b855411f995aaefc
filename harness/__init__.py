"""The experiment, the command line and the report."""
