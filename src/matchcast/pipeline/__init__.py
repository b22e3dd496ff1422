"""The steps of Airflow's pipelines, each a command that may be run again."""
