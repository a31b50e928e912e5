//! What people type, for the end of each help.

/// Each command with some of its uses. A test reads all of them.
pub(crate) const EXAMPLES: [(&str, &[&str]); 23] = [
    (
        "analyze",
        &[
            "eventscope analyze must-gather/",
            "eventscope analyze events.json.gz -w 'severity in (high, medium)'",
            "kubectl get events -A -o json | eventscope analyze -",
        ],
    ),
    (
        "import",
        &[
            "eventscope import dumps/",
            "docker events --format '{{json .}}' | eventscope import -",
            "eventscope import --label kubernetes.cluster.name=prod events.json",
            "eventscope import --format jsonl --map time=@timestamp --map name=message app.log",
        ],
    ),
    (
        "query",
        &[
            "eventscope query 'severity in (high, medium)' --last 2h",
            "eventscope query 'kubernetes.pod.name starts with checkout' --from yesterday",
            "eventscope query --text oom kill --facets kubernetes.namespace.name --histogram 1h",
            "eventscope query 'type = alert' --columns time,name,kubernetes.pod.name --csv",
        ],
    ),
    (
        "compare",
        &[
            "eventscope compare --window 10:00..10:30 --against 09:00..09:30",
            "eventscope compare 'severity <= warning' --window 30m --by name,kubernetes.pod.name",
        ],
    ),
    ("show", &["eventscope show 42", "eventscope show 42 43 --json"]),
    (
        "ack",
        &[
            "eventscope ack 42 --by aya --note known",
            "eventscope ack --where 'type = alert and name = HighCpu' --dry-run",
        ],
    ),
    ("unack", &["eventscope unack 42"]),
    ("resolve", &["eventscope resolve 42", "eventscope resolve --where 'name = HighCpu'"]),
    (
        "delete",
        &[
            "eventscope delete 42",
            "eventscope delete --where 'source = test' --dry-run",
            "eventscope delete --where 'source = test' --yes",
        ],
    ),
    ("undo", &["eventscope undo 7 --by aya"]),
    (
        "labels",
        &[
            "eventscope labels",
            "eventscope labels kubernetes.pod.name --prefix checkout",
            "eventscope labels --allow 'team,kubernetes.*'",
        ],
    ),
    (
        "post",
        &[
            "eventscope post 'Deployed web 1.4' -s info -c 'kubernetes.namespace.name = prod'",
            "eventscope post 'Maintenance began' --time 'yesterday 22:00'",
        ],
    ),
    ("catalog", &["eventscope catalog", "eventscope catalog --collect dragent.yaml"]),
    (
        "export",
        &[
            "eventscope export 'severity <= warning' --last 1d > warnings.jsonl",
            "eventscope export --csv --from 2026-11-01 --to 2026-12-01 > november.csv",
        ],
    ),
    ("stats", &["eventscope stats", "eventscope stats --json"]),
    ("verify", &["eventscope verify"]),
    ("rebuild", &["eventscope rebuild"]),
    (
        "prune",
        &[
            "eventscope prune --older-than 90d --dry-run",
            "eventscope prune --older-than 3d --severity info --yes",
            "eventscope prune --max-bytes 10GB",
        ],
    ),
    ("backup", &["eventscope backup copies/events.db"]),
    ("bench", &["eventscope bench --save before.json", "eventscope bench expressions.txt"]),
    (
        "completions",
        &[
            "source <(eventscope completions bash)",
            "eventscope completions fish > ~/.config/fish/completions/eventscope.fish",
        ],
    ),
    ("man", &["eventscope man ~/.local/share/man/man1"]),
    ("help", &["eventscope help query", "eventscope help scope"]),
];
