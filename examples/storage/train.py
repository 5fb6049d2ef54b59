"""Fits a line through all points of all CSV files of a folder, and writes it into another one."""

import csv
import json
import pathlib
import sys

data, model = (pathlib.Path(name) for name in sys.argv[1:])
points = [tuple(map(float, row)) for name in sorted(data.glob("*.csv")) for row in csv.reader(name.open())]
mean_x, mean_y = (sum(values) / len(points) for values in zip(*points))
slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
line = {"slope": round(slope, 6), "intercept": round(mean_y - slope * mean_x, 6)}
model.mkdir(parents=True, exist_ok=True)
(model / "line.json").write_text(json.dumps(line) + "\n")
print(f"{len(points)} points: y = {line['slope']} x + {line['intercept']}")
