"""Makes the scikit-learn model that MLflow serves; runs in MLflow's environment, not in Matchcast's.

Usage: python mlflow_model.py ROWS.json FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import mlflow.sklearn
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

if __name__ == "__main__":
    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    features, results = np.array(rows["features"]), np.array(rows["results"])
    model = make_pipeline(
        StandardScaler(), PolynomialFeatures(2, include_bias=False), LogisticRegression(max_iter=1000)
    )
    model.fit(features, results)
    mlflow.sklearn.save_model(
        model, sys.argv[2], pyfunc_predict_fn="predict_proba", input_example=features[:1]
    )
