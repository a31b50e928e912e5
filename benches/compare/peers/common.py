"""What both engines that are reached through Python share: the conversation and the conditions."""

import json
import os
import sys
import time


def micros(start):
    return (time.perf_counter_ns() - start) // 1000


def bytes_of(path):
    total = 0
    for folder, _, files in os.walk(path):
        total += sum(os.path.getsize(os.path.join(folder, name)) for name in files)
    return total


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def listed(values):
    return "(" + ", ".join(quoted(value) for value in values) + ")"


class Engine:
    """An engine: what it must add is how it loads, opens, asks and changes.

    Columns of labels are called label0, label1, and so on.
    """

    def __init__(self, data, name):
        self.data = data
        self.own = os.path.join(data, name)
        with open(os.path.join(data, "meta.json"), encoding="utf-8") as file:
            self.meta = json.load(file)
        self.columns = {key: f"label{nth}" for nth, key in enumerate(self.meta["keys"])}
        self.plans = {}

    def column(self, facet):
        return facet if facet in ("severity", "type") else self.columns[facet]

    def condition(self, tree):
        """SQL of a condition; a label that is not there is the empty text."""
        ((kind, value),) = tree.items()
        if kind in ("and", "or"):
            return "(" + f" {kind} ".join(self.condition(child) for child in value) + ")"
        if kind == "not":
            return f"(not {self.condition(value)})"
        if kind == "severity":
            return "severity in (" + ", ".join(map(str, value)) + ")"
        if kind == "type":
            return f"type in {listed(value)}"
        if kind == "state":
            return f"state = {quoted(value)}"
        if kind == "acknowledged":
            return f"acknowledged = {str(value).lower()}"
        if kind == "since":
            return f"time >= {int(value)}"
        if kind == "label_in":
            key, values = value
            column = self.columns[key]
            one = len(values) == 1
            return f"{column} = {quoted(values[0])}" if one else f"{column} in {listed(values)}"
        if kind == "label_contains":
            return self.contains(self.columns[value[0]], value[1])
        if kind == "label_starts_with":
            return self.starts_with(self.columns[value[0]], value[1])
        if kind == "label_exists":
            return f"{self.columns[value]} <> ''"
        if kind == "word":
            return self.word(value)
        if kind == "phrase":
            return self.phrase(value)
        if kind == "word_prefix":
            return self.word_prefix(value)
        raise ValueError(f"an unknown condition {kind}")

    def parts(self, question):
        """The condition, and the one that the page has on top."""
        where = question["where"]
        where = "true" if where is None else self.condition(where)
        before = question.get("before")
        page = where
        if before:
            time_, id_ = before
            page += f" and time <= {time_} and (time < {time_} or id < {id_})"
        return where, page

    def ask(self, question):
        """Tries the plans twice when they are new, keeps the quickest, and runs that."""
        name = question["name"]
        plans = self.plans.get(name)
        if plans is None:
            plans, times = self.make_plans(question), []
            for plan in plans if len(plans) > 1 else []:
                self.run(question, plan)
                start = time.perf_counter_ns()
                self.run(question, plan)
                times.append(micros(start))
            best = times.index(min(times)) if times else 0
            plans = self.plans[name] = [plans[best]]
        start = time.perf_counter_ns()
        answer = self.run(question, plans[0])
        answer["us"] = micros(start)
        return answer


def serve(engine):
    """Answers each line of stdin with one line on stdout."""
    # Whatever a library prints must not get between the answers.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = obey(engine, command)
        except Exception as error:  # The coordinator ends the run with what went wrong.
            answer = {"error": f"{type(error).__name__}: {error}"}
        out.write(json.dumps(answer) + "\n")
        out.flush()


def obey(engine, command):
    kind = command["do"]
    if kind == "ask":
        return engine.ask(command["question"])
    if kind in ("load", "open"):
        start = time.perf_counter_ns()
        answer = getattr(engine, kind)()
        answer.setdefault("us", micros(start))
        return answer
    # Whatever is prepared outside of the measured time has been prepared by now.
    change = engine.change(command)
    start = time.perf_counter_ns()
    total = change()
    return {"us": micros(start), "total": total}
