"""What is measured, one module a competitor. Each runs in a process of its own and imports its library there."""
