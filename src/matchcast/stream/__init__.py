"""Kafka: topics, reading and writing records, checkpoints, dead letters."""
