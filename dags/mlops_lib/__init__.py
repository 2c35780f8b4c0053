"""The logic of the pipeline, importable and tested without Airflow."""
