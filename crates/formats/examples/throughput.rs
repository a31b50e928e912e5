//! Measures how fast dumps are read.
//!
//! Run with `cargo run --release -p eventscope-formats --example throughput`. The dumps are made
//! in memory, so that only reading and mapping are measured, on one thread.

use eventscope_formats::{ImportOptions, Importer};
use std::time::Instant;

const EVENTS: u64 = 300_000;

#[expect(clippy::print_stdout, reason = "an example that measures must say what it found")]
fn measure(name: &str, dump: &str) {
    let mut importer = Importer::new(ImportOptions::default());
    let start = Instant::now();
    let records = importer.read(dump.as_bytes());
    let read = records.filter(|record| record.as_ref().is_ok_and(|it| it.content.is_ok())).count();
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = dump.len() as f64 / 1e6;
    println!(
        "{name}: {read} events, {:.0} bytes each, {:.0} MB/s, {:.0} events/s",
        dump.len() as f64 / EVENTS as f64,
        megabytes / seconds,
        read as f64 / seconds
    );
}

const KUBERNETES: &str = concat!(
    r#"{"kind":"Event","apiVersion":"v1","metadata":{"name":"web-7d4b9c6f5-@.17a3f","#,
    r#""namespace":"prod","uid":"4f0c2b1e-8a55-4d1e-9c1f-@","resourceVersion":"@","#,
    r#""creationTimestamp":"2026-11-23T08:00:00Z"},"involvedObject":{"kind":"Pod","#,
    r#""namespace":"prod","name":"web-7d4b9c6f5-@","uid":"9e1d7c44-0b0a-4b57-a1a2-@","#,
    r#""apiVersion":"v1","resourceVersion":"@","fieldPath":"spec.containers{web}"},"#,
    r#""reason":"Unhealthy","message":"Readiness probe failed: Get "#,
    r#"\"http://10.0.0.7:8080/healthz\": context deadline exceeded","#,
    r#""source":{"component":"kubelet","host":"node-1"},"#,
    r#""firstTimestamp":"2026-11-23T08:00:00Z","lastTimestamp":"2026-11-23T09:09:00Z","#,
    r#""count":3,"type":"Warning","eventTime":null,"reportingComponent":"kubelet","#,
    r#""reportingInstance":"node-1"}"#,
    "\n"
);

const NATIVE: &str = concat!(
    r#"{"uid":"k8s:4f0c2b1e-8a55-4d1e-9c1f-@:3@1795424940000000000","#,
    r#""time":"2026-11-23T09:09:00.123456Z","type":"kubernetes","category":"infrastructure","#,
    r#""severity":4,"severity_name":"warning","severity_label":"Low","source":"kubernetes","#,
    r#""name":"Container Unhealthy","description":"Readiness probe failed: context deadline "#,
    r#"exceeded","scope":"","labels":{"kubernetes.namespace.name":"prod","#,
    r#""kubernetes.node.name":"node-1","kubernetes.pod.name":"web-7d4b9c6f5-@"},"tags":{},"#,
    r#""state":"triggered","count":3}"#,
    "\n"
);

const DOCKER: &str = concat!(
    r#"{"status":"kill","id":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d@","#,
    r#""from":"registry.example.com/shop/web:1.4.2","Type":"container","Action":"kill","#,
    r#""Actor":{"ID":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d@","Attributes":"#,
    r#"{"com.docker.compose.project":"shop","com.docker.compose.service":"web","#,
    r#""image":"registry.example.com/shop/web:1.4.2","name":"shop-web-@","signal":"15"}},"#,
    r#""scope":"local","time":1795424940,"timeNano":1795424@}"#,
    "\n"
);

const DOCKER_TEXT: &str = concat!(
    "2026-11-23T09:09:00.@+01:00 container kill ",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d@ ",
    "(com.docker.compose.project=shop, com.docker.compose.service=web, ",
    "image=registry.example.com/shop/web:1.4.2, name=shop-web-@, signal=15)\n"
);

/// The forms of one record a line. A format joins in with a line here; what is no line of its own
/// is put together in `main`.
const LINES: [(&str, &str); 4] = [
    ("kubernetes JSON lines", KUBERNETES),
    ("docker JSON lines", DOCKER),
    ("docker plain text", DOCKER_TEXT),
    ("native", NATIVE),
];

/// Many lines after a pattern, with a number of 12 digits for each `@`.
fn lines(pattern: &str) -> String {
    (0..EVENTS).map(|n| pattern.replace('@', &format!("{n:012}"))).collect()
}

fn main() {
    for (name, pattern) in LINES {
        measure(name, &lines(pattern));
    }
    let kubernetes = lines(KUBERNETES);
    let items: Vec<_> = kubernetes.lines().collect();
    measure("kubernetes List", &format!("{{\"items\":[{}]}}", items.join(",\n")));
}
