# SPDX-License-Identifier: BSD-3-Clause
"""Samples of one run: what was measured, of whom, how often. Summaries are medians with least and most."""
import json
import statistics


class Results:
    def __init__(self):
        self.machine = {}
        self.samples = []
        self.notes = []
        self.failures = []

    def add(self, case, subject, parameter, metric, unit, value):
        """One value of one repetition. `parameter` is what the rows of a table differ in: flows, connections, size."""
        self.samples.append({"case": case, "subject": subject, "parameter": parameter, "metric": metric, "unit": unit,
                             "value": value})

    def note(self, case, text):
        """Something that the reader of this case has to know."""
        if {"case": case, "text": text} not in self.notes:
            self.notes.append({"case": case, "text": text})

    def fail(self, case, text):
        """What could not be measured, and why."""
        self.failures.append({"case": case, "text": str(text).strip()})

    def cases(self):
        return unique(s["case"] for s in self.samples)

    def of(self, case, **fixed):
        return [s for s in self.samples if s["case"] == case and all(s[k] == v for k, v in fixed.items())]

    def values(self, case, subject, parameter, metric):
        return [s["value"] for s in self.of(case, subject=subject, parameter=parameter, metric=metric)]

    def write(self, path):
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"machine": self.machine, "notes": self.notes, "failures": self.failures, "samples": self.samples}, f, indent=1)
            f.write("\n")


def unique(things):
    return list(dict.fromkeys(things))


def median(values):
    return statistics.median(values) if values else None


def number(value):
    """For a person: three digits that matter."""
    if value is None:
        return ""
    if abs(value) >= 100 or value == int(value):
        return "{:,.0f}".format(value)
    return "%.1f" % value if abs(value) >= 10 else "%.2f" % value
