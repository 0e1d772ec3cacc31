//! Products from a CSV or NDJSON file.
