"""The mock server: every exchange of the project on loopback, with injected latency and a log of what happened."""
