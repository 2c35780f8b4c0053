"""The steps of the pipeline: extract, validate, build, store, summarize; and the rollback."""
