"""The report: values in, HTML, Markdown and JSON out; no file, AWS or pytest here."""
