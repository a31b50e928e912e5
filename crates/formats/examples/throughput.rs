//! Measures how fast dumps are read.
//!
//! Run with `cargo run --release -p eventscope-formats --example throughput`. The dumps are made
//! in memory, so that only reading and mapping are measured, on one thread.

use eventscope_formats::{Format, ImportOptions, Importer, Map, Mapping};
use std::{error::Error, time::Instant};

const EVENTS: u64 = 300_000;

#[expect(clippy::print_stdout, reason = "an example that measures must say what it found")]
fn measure_with(options: ImportOptions, name: &str, dump: &str) {
    let mut importer = Importer::new(options);
    let start = Instant::now();
    let records = importer.read(dump.as_bytes());
    let read = records.filter(|record| record.as_ref().is_ok_and(|it| it.content.is_ok())).count();
    let seconds = start.elapsed().as_secs_f64();
    assert!(read as u64 >= EVENTS, "{name}: only {read} events were read");
    let megabytes = dump.len() as f64 / 1e6;
    println!(
        "{name}: {read} events, {:.0} bytes each, {:.0} MB/s, {:.0} events/s",
        dump.len() as f64 / EVENTS as f64,
        megabytes / seconds,
        read as f64 / seconds
    );
}

fn measure(name: &str, dump: &str) {
    measure_with(ImportOptions::default(), name, dump);
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

const FALCO: &str = concat!(
    r#"{"uuid":"4afe1538-b709-4d15-a04d-@","hostname":"worker-2","output":"09:00:00.123456789: "#,
    r#"Notice A shell was spawned in a container with an attached terminal | user=root "#,
    r#"process=bash container_id=9f86d081884c","output_fields":{"container.id":"9f86d081884c","#,
    r#""container.image.repository":"registry.example.com/shop/web","container.image.tag":"#,
    r#""1.4.2","container.name":"web","evt.time":1795424400123456789,"k8s.ns.name":"shop","#,
    r#""k8s.pod.name":"web-7d4b9c6f5-x2x9k","proc.name":"bash","proc.pname":null,"#,
    r#""user.name":"root"},"priority":"Notice","rule":"Terminal shell in container","#,
    r#""source":"syscall","tags":["container","mitre_execution","shell"],"#,
    r#""time":"2026-11-23T09:00:00.@Z"}"#,
    "\n"
);

const ALERTMANAGER: &str = concat!(
    r#"{"receiver":"eventscope","status":"firing","alerts":[{"status":"firing","labels":"#,
    r#"{"alertname":"CheckoutErrorBudgetBurn","instance":"checkout-@:8080","#,
    r#""namespace":"payments","severity":"critical"},"annotations":{"summary":"4.1 % of "#,
    r#"requests fail","description":"checkout answers too many requests with errors"},"#,
    r#""startsAt":"2026-11-23T09:09:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"#,
    r#""https://prometheus.example.com/graph?g0.expr=sum%28rate%28http_errors_total%5B5m%5D"#,
    r#"%29%29+%3E+0.02&g0.tab=1","fingerprint":"0b1c@"}],"groupLabels":{"alertname":"#,
    r#""CheckoutErrorBudgetBurn"},"commonLabels":{},"commonAnnotations":{},"externalURL":"#,
    r#""https://alertmanager.example.com","version":"4","groupKey":"{}","truncatedAlerts":0}"#,
    "\n"
);

const SYSDIG: &str = concat!(
    r#"{"id":"862301@","version":1,"createdOn":1795424401000,"timestamp":1795424400000,"#,
    r#""name":"Jenkins - start deploy","description":"deploy of web 1.4.2","severity":"MEDIUM","#,
    r#""scope":"host.hostName = 'ip-10-1-1-1' and build = '@'","scopeLabels":{"build":"@","#,
    r#""host.hostName":"ip-10-1-1-1"},"tags":{"app":"web"},"type":"CUSTOM","source":"api"}"#,
    "\n"
);

const CLOUDEVENTS: &str = concat!(
    r#"{"specversion":"1.0","type":"com.example.registry.pushed","source":"https://registry"#,
    r#".example.com","subject":"checkout:1.8.0","id":"A234-@","time":"2026-11-23T09:09:00.123Z","#,
    r#""datacontenttype":"application/json","data":{"message":"checkout:1.8.0 was pushed","#,
    r#""actor":{"name":"aya"},"bytes":48211,"build":"@"}}"#,
    "\n"
);

const OTLP: &str = concat!(
    r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"#,
    r#""checkout"}},{"key":"k8s.pod.name","value":{"stringValue":"checkout-7d4b-@"}}]},"#,
    r#""scopeLogs":[{"scope":{"name":"com.shop.Payments"},"logRecords":[{"timeUnixNano":"#,
    r#""1795424@","severityNumber":17,"severityText":"ERROR","body":{"stringValue":"payment "#,
    r#"refused by the gateway"},"attributes":[{"key":"http.response.status_code","value":"#,
    r#"{"intValue":"502"}}],"traceId":"5b8efff798038103d269b633813fc60c"}]}]}]}"#,
    "\n"
);

const SURICATA: &str = concat!(
    r#"{"timestamp":"2026-11-23T09:09:00.311315+0000","flow_id":928@,"in_iface":"eth0","#,
    r#""event_type":"alert","src_ip":"203.0.113.7","src_port":49678,"dest_ip":"10.0.0.3","#,
    r#""dest_port":22,"proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":2001219,"#,
    r#""rev":19,"signature":"ET SCAN Potential SSH Scan","category":"Attempted Information "#,
    r#"Leak","severity":2},"flow":{"pkts_toserver":1,"bytes_toserver":74}}"#,
    "\n"
);

/// Read after a map, with all that is not mapped as labels.
const ANY: &str = concat!(
    r#"{"timestamp":"2026-11-23T09:09:00.123Z","EventID":4688,"Message":"A new process has been "#,
    r#"created: C:\\Windows\\System32\\cmd.exe","Hostname":"WORKSTATION5","Channel":"Security","#,
    r#""SourceName":"Microsoft-Windows-Security-Auditing","RecordNumber":"@","ProcessId":"0x1a","#,
    r#""SubjectUserName":"pgustavo","SubjectDomainName":"THESHIRE","NewProcessName":"#,
    r#""C:\\Windows\\System32\\cmd.exe","TokenElevationType":"%%1936","Severity":"INFO"}"#,
    "\n"
);

const ANY_CSV: &str =
    "2026-11-23T09:09:00.123Z,4688,\"A new process, cmd.exe\",WORKSTATION5,@,INFO\n";
const ANY_CSV_HEADER: &str = "time,EventID,Message,Hostname,RecordNumber,Severity\n";

const TRIVY_FINDING: &str = concat!(
    r#"{"VulnerabilityID":"CVE-2026-@","PkgID":"libssl3@3.3.2-r0","PkgName":"libssl3","#,
    r#""InstalledVersion":"3.3.2-r0","FixedVersion":"3.3.2-r3","Status":"fixed","Layer":"#,
    r#"{"Digest":"sha256:5a0b1c2d3e4f","DiffID":"sha256:9f8e7d6c5b4a"},"SeveritySource":"nvd","#,
    r#""PrimaryURL":"https://avd.example.com/nvd/cve-2026-@","Title":"openssl: out-of-bounds "#,
    r#"read while parsing a certificate chain","Description":"A certificate chain with a name "#,
    r#"constraint of zero length is read beyond its end.","Severity":"HIGH","CweIDs":"#,
    r#"["CWE-125"],"References":["https://www.example.org/advisory/@"]}"#
);

const GRYPE_FINDING: &str = concat!(
    r#"{"vulnerability":{"id":"CVE-2026-@","dataSource":"https://nvd.example.com/@","#,
    r#""namespace":"alpine:3.20","severity":"High","urls":[],"cvss":[],"fix":{"versions":"#,
    r#"["3.3.2-r3"],"state":"fixed"},"advisories":[]},"relatedVulnerabilities":[{"id":"#,
    r#""CVE-2026-@","severity":"High","description":"A certificate chain with a name "#,
    r#"constraint of zero length is read beyond its end."}],"matchDetails":[{"matcher":"#,
    r#""apk-matcher","found":{"versionConstraint":"< 3.3.2-r3"}}],"artifact":{"name":"libssl3","#,
    r#""version":"3.3.2-r0","type":"apk","locations":[{"path":"/lib/apk/db/installed","#,
    r#""layerID":"sha256:5a"}],"licenses":["Apache-2.0"],"cpes":[],"purl":"pkg:apk/libssl3"}}"#
);

/// Findings in a report: what an image of medium size has.
const FINDINGS: usize = 500;

/// The forms of one record a line. A format joins in with a line here; what is no line of its own
/// is put together in `main`.
const LINES: [(&str, &str); 10] = [
    ("kubernetes JSON lines", KUBERNETES),
    ("docker JSON lines", DOCKER),
    ("docker plain text", DOCKER_TEXT),
    ("falco", FALCO),
    ("alertmanager webhook", ALERTMANAGER),
    ("sysdig", SYSDIG),
    ("cloudevents", CLOUDEVENTS),
    ("otlp", OTLP),
    ("suricata", SURICATA),
    ("native", NATIVE),
];

/// Many lines after a pattern, with a number of 12 digits for each `@`.
fn lines(pattern: &str) -> String {
    (0..EVENTS).map(|n| pattern.replace('@', &format!("{n:012}"))).collect()
}

/// Reports of so many findings each, with what stands before and after the list of them.
fn reports(finding: &str, before: &str, after: &str) -> String {
    let findings: Vec<String> =
        (0..EVENTS).map(|n| finding.replace('@', &format!("{n:012}"))).collect();
    let report = |findings: &[String]| format!("{before}[{}]{after}\n", findings.join(","));
    findings.chunks(FINDINGS).map(report).collect()
}

/// Reading after a map whose time stands at a path.
fn mapped(format: Format, time: &str) -> Result<ImportOptions, Box<dyn Error>> {
    let fields = [time, "name=EventID", "description=Message", "severity=Severity"];
    let mappings = fields.into_iter().map(str::parse).collect::<Result<Vec<Mapping>, _>>()?;
    Ok(ImportOptions::default().format(format).map(Map::new(mappings)?.all_labels()))
}

fn main() -> Result<(), Box<dyn Error>> {
    for (name, pattern) in LINES {
        measure(name, &lines(pattern));
    }
    let kubernetes = lines(KUBERNETES);
    let items: Vec<_> = kubernetes.lines().collect();
    measure("kubernetes List", &format!("{{\"items\":[{}]}}", items.join(",\n")));
    let head = r#"{"SchemaVersion":2,"CreatedAt":"2026-11-23T09:00:00Z","ArtifactName":"web:1.4","#;
    let head = format!("{head}\"Results\":[{{\"Target\":\"web:1.4\",\"Vulnerabilities\":");
    measure("trivy", &reports(TRIVY_FINDING, &head, "}]}"));
    let tail = r#","source":{"type":"image","target":{"userInput":"web:1.4"}},"#;
    let tail = format!("{tail}\"descriptor\":{{\"timestamp\":\"2026-11-23T09:00:00Z\"}}}}");
    measure("grype", &reports(GRYPE_FINDING, "{\"matches\":", &tail));
    measure_with(mapped(Format::Jsonl, "time=timestamp")?, "jsonl, all labels", &lines(ANY));
    let rows = [ANY_CSV_HEADER, &lines(ANY_CSV)].concat();
    measure_with(mapped(Format::Csv, "time=time")?, "csv, all labels", &rows);
    Ok(())
}
