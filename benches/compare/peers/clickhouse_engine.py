"""ClickHouse: a MergeTree by time, low cardinality columns for labels, text indexes for words."""

import json
import os
import sys

from chdb import session

import common

# The label with many values, which has indexes of its own.
POD = "kubernetes.pod.name"
SETTINGS = {
    # Granules that matched the same condition before: a cache of results.
    "use_query_condition_cache": 0,
    "mutations_sync": 1,
    # Beginnings of pod names are looked up in their index however many they are.
    "text_index_like_max_postings_to_read": 100000,
    "output_format_json_quote_64bit_integers": 0,
}


class ClickHouse(common.Engine):
    def __init__(self, data):
        super().__init__(data, "clickhouse")

    def connect(self):
        os.makedirs(self.own, exist_ok=True)
        self.session = session.Session(self.own)
        for name, value in SETTINGS.items():
            self.run_sql(f"set {name} = {value}")

    def run_sql(self, sql):
        return self.session.query(sql, "JSONCompactEachRow").bytes()

    def rows(self, sql):
        return [json.loads(line) for line in self.run_sql(sql).splitlines()]

    def load(self):
        self.connect()
        self.run_sql("create database if not exists compare")
        labels = "".join(
            f", {column} String codec(ZSTD)" if key == POD
            else f", {column} LowCardinality(String)"
            for key, column in self.columns.items()
        )
        pod = self.columns[POD]
        self.run_sql(
            "create table compare.events (id UInt64 codec(Delta, ZSTD), "
            "time Int64 codec(Delta, ZSTD), type LowCardinality(String), severity UInt8, "
            "source LowCardinality(String), name LowCardinality(String), "
            "description String codec(ZSTD), state LowCardinality(String), acknowledged Bool, "
            "count UInt64 codec(ZSTD), uid String codec(ZSTD), text String codec(ZSTD), "
            f"rest String codec(ZSTD){labels}, "
            # The words are ASCII letters and digits, or bytes of other scripts, between blanks.
            "index words text type text(tokenizer = splitByNonAlpha, support_phrase_search = 1), "
            f"index pods {pod} type text(tokenizer = array), "
            "index severities severity type set(8) granularity 1) "
            "engine = MergeTree order by (time, id) settings index_granularity = 1024, "
            "allow_experimental_text_index_phrase_search = 1, fsync_after_insert = 1, "
            "fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, "
            "enable_block_number_column = 1, enable_block_offset_column = 1"
        )
        lines = common.quoted(os.path.join(self.data, "events.jsonl"))
        names = (
            "id, time, type, severity, source, name, description, state, acknowledged, count, "
            "uid, text, rest"
        )
        kinds = (
            "id UInt64, time Int64, type String, severity UInt8, source String, name String, "
            "description String, state String, acknowledged Bool, count UInt64, uid String, "
            "text String, rest String, labels Map(String, String)"
        )
        values = ", ".join(f"labels[{common.quoted(key)}]" for key in self.columns)
        self.run_sql(
            f"insert into compare.events ({names}, {', '.join(self.columns.values())}) "
            f"select {names}, {values} from file({lines}, JSONEachRow, {common.quoted(kinds)})"
        )
        self.run_sql("optimize table compare.events final")
        size = self.rows(
            "select sum(bytes_on_disk) from system.parts "
            "where database = 'compare' and table = 'events' and active"
        )
        return {"bytes": size[0][0]}

    def open(self):
        self.connect()
        total = self.rows("select count() from compare.events")[0][0]
        return {"total": total, "version": self.rows("select version()")[0][0]}

    def contains(self, column, text):
        return f"position({column}, {common.quoted(text)}) > 0"

    def starts_with(self, column, text):
        return f"startsWith({column}, {common.quoted(text)})"

    def word(self, text):
        return f"hasAllTokens(text, [{common.quoted(text)}])"

    def phrase(self, text):
        return f"hasPhrase(text, {common.quoted(text)})"

    def word_prefix(self, text):
        # The index knows its words: those with this beginning are looked up first.
        words = "select groupArray(distinct token) from mergeTreeTextIndex"
        start = f"startsWith(token, {common.quoted(text)})"
        return f"hasAnyTokens(text, ({words}('compare', 'events', 'words') where {start}))"

    def make_plans(self, question):
        where, page = self.parts(question)
        where = "" if where == "true" else f"where {where}"
        page = "" if page == "true" else f"where {page}"
        rows = f"select * from compare.events {page} order by time desc, id desc limit 50"
        counts = [("'total'", "''", "")]
        for facet in question["facets"]:
            column = self.column(facet)
            counts.append((common.quoted(facet), f"toString({column})", f"group by {column}"))
        nanos = question["histogram"]
        if nanos:
            bucket = f"intDiv(time, {nanos})"
            counts.append(("'histogram'", f"toString({bucket} * {nanos})", f"group by {bucket}"))
        apart = [
            f"select {kind}, {value}, count() from compare.events {where} {group}"
            for kind, value, group in counts
        ]
        plans = [[rows, *apart]]
        if len(apart) > 1:
            plans.append([rows, " union all ".join(apart)])
            # All counts out of one pass: a map of counts for each facet.
            maps = ["count()"]
            for facet in question["facets"]:
                maps.append(f"sumMap(map(toString({self.column(facet)}), 1::UInt64))")
            if nanos:
                maps.append(f"sumMap(map(intDiv(time, {nanos}) * {nanos}, 1::UInt64))")
            plans.append([rows, f"select {', '.join(maps)} from compare.events {where}", "maps"])
        return plans

    def run(self, question, plan):
        rows = self.rows(plan[0])
        facets = {facet: {} for facet in question["facets"]}
        answer = {"ids": [row[0] for row in rows], "facets": facets, "histogram": []}
        if plan[-1] == "maps":
            total, *maps = self.rows(plan[1])[0]
            answer["total"] = total
            for facet, counted in zip(question["facets"], maps):
                facets[facet] = {value: count for value, count in counted.items() if value}
            if question["histogram"]:
                answer["histogram"] = [(int(at), count) for at, count in maps[-1].items()]
        else:
            for sql in plan[1:]:
                for kind, value, count in self.rows(sql):
                    if kind == "total":
                        answer["total"] = count
                    elif kind == "histogram":
                        answer["histogram"].append((int(value), count))
                    elif value:
                        facets[kind][value] = count
        answer["histogram"].sort()
        return answer

    def change(self, command):
        if command["do"] == "insert":
            event = dict(command["event"])
            labels = event.pop("labels")
            event.update((column, labels.get(key, "")) for key, column in self.columns.items())
            line = json.dumps(event)
            sql = f"insert into compare.events format JSONEachRow {line}"
            return lambda: len(self.run_sql(sql))
        if command["do"] == "acknowledge":
            where = f"time = {command['time']} and id = {command['id']}"
        else:
            where = self.condition(command["question"]["where"])
        total = self.rows(f"select count() from compare.events where {where}")[0][0]
        sql = f"update compare.events set acknowledged = true where {where}"

        def run():
            self.run_sql(sql)
            return total

        return run


common.serve(ClickHouse(sys.argv[1]))
