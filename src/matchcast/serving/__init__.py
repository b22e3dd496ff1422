"""How the model API and the dashboard serve: gunicorn on a socket that is bound before anything else."""
