"""DuckDB: one table with a column for each label, sorted by time."""

import os
import sys

import duckdb

import common

BASE = [
    ("id", "UBIGINT"), ("time", "BIGINT"), ("type", "VARCHAR"), ("severity", "UTINYINT"),
    ("source", "VARCHAR"), ("name", "VARCHAR"), ("description", "VARCHAR"), ("state", "VARCHAR"),
    ("acknowledged", "BOOLEAN"), ("count", "UBIGINT"), ("uid", "VARCHAR"), ("text", "VARCHAR"),
    ("rest", "VARCHAR"),
]


class DuckDb(common.Engine):
    def __init__(self, data):
        super().__init__(data, "duckdb")
        self.file = os.path.join(self.own, "events.db")

    def load(self):
        os.makedirs(self.own)
        connection = duckdb.connect(self.file)
        keys = ", ".join(f'"{key}" VARCHAR' for key in self.columns)
        columns = ", ".join(f"{name}: '{kind}'" for name, kind in BASE)
        labels = ", ".join(
            f"coalesce(labels.\"{key}\", '') as {column}" for key, column in self.columns.items()
        )
        lines = common.quoted(os.path.join(self.data, "events.jsonl"))
        names = ", ".join(name for name, _ in BASE)
        connection.execute(
            f"create table events as select {names}, {labels} from read_json({lines}, "
            f"format = 'newline_delimited', columns = {{{columns}, labels: 'STRUCT({keys})'}}) "
            "order by time, id"
        )
        connection.execute("checkpoint")
        connection.close()
        return {"bytes": common.bytes_of(self.own)}

    def open(self):
        self.connection = duckdb.connect(self.file)
        self.connection.execute("set enable_progress_bar = false")
        total = self.connection.execute("select count(*) from events").fetchone()[0]
        return {"total": total, "version": duckdb.__version__}

    def contains(self, column, text):
        return f"contains({column}, {common.quoted(text)})"

    def starts_with(self, column, text):
        return f"starts_with({column}, {common.quoted(text)})"

    def word(self, text):
        return f"contains(text, ' {text} ')"

    def phrase(self, text):
        return f"contains(text, ' {text} ')"

    def word_prefix(self, text):
        return f"contains(text, ' {text}')"

    def make_plans(self, question):
        where, page = self.parts(question)
        order = "order by time desc, id desc limit 50"
        # The rows at once, or first which ones they are: the plans differ by more than that.
        places = f"select rowid from events where {page} {order}"
        pages = [
            f"select * from events where {page} {order}",
            f"select * from events where rowid in ({places}) {order}",
        ]
        facets = [self.column(facet) for facet in question["facets"]]
        nanos = question["histogram"]
        bucket = f"time // {nanos} * {nanos}"
        apart = [f"select 'total', null, count(*) from events where {where}"]
        for facet, column in zip(question["facets"], facets):
            apart.append(
                f"select {common.quoted(facet)}, {column}::varchar, count(*) from events "
                f"where {where} group by {column}"
            )
        if nanos:
            apart.append(
                f"select 'histogram', ({bucket})::varchar, count(*) from events where {where} "
                f"group by {bucket}"
            )
        counts = [apart]
        if len(apart) > 1:
            # All counts out of one pass.
            sets = "".join(f", ({column})" for column in facets) + (", (bucket)" if nanos else "")
            kinds = list(question["facets"]) + (["histogram"] if nanos else [])
            columns = facets + (["bucket"] if nanos else [])
            kind = "case " + " ".join(
                f"when grouping({column}) = 0 then {common.quoted(kind)}"
                for kind, column in zip(kinds, columns)
            ) + " else 'total' end"
            value = "coalesce(" + ", ".join(f"{column}::varchar" for column in columns) + ")"
            source = f"(select *, {bucket} as bucket from events)" if nanos else "events"
            counts.append([
                f"select {kind}, {value}, count(*) from {source} where {where} "
                f"group by grouping sets ((){sets})",
            ])
        return [[rows, *counted] for rows in pages for counted in counts]

    def run(self, question, plan):
        rows = self.connection.execute(plan[0]).fetchall()
        facets = {facet: {} for facet in question["facets"]}
        answer = {"ids": [row[0] for row in rows], "facets": facets, "histogram": []}
        for sql in plan[1:]:
            for kind, value, count in self.connection.execute(sql).fetchall():
                if kind == "total":
                    answer["total"] = count
                elif kind == "histogram":
                    answer["histogram"].append((int(value), count))
                elif value != "":
                    facets[kind][value] = count
        answer["histogram"].sort()
        return answer

    def change(self, command):
        run = self.connection.execute
        if command["do"] == "insert":
            event = command["event"]
            values = [event[name] for name, _ in BASE]
            values += [event["labels"].get(key, "") for key in self.columns]
            places = ", ".join("?" * len(values))
            names = ", ".join([name for name, _ in BASE] + list(self.columns.values()))
            sql = f"insert into events({names}) values ({places})"
            return lambda: 0 * len(run(sql, values).fetchall())
        if command["do"] == "acknowledge":
            where = f"time = {command['time']} and id = {command['id']}"
        else:
            where = self.condition(command["question"]["where"])
        sql = f"update events set acknowledged = true where {where}"
        return lambda: run(sql).fetchone()[0]


common.serve(DuckDb(sys.argv[1]))
