"""The bake-off: arms × questions on somebody's own documents, from files to a report. May import: all before it."""
