//! Small inputs that people's tools really write, each with what has to come of it.

use eventscope_formats::{Counts, Format, ImportOptions, Importer, Map, Mapping};
use eventscope_model::{Details, Draft, State, Timestamp};
use std::{error::Error, fs, path::Path};

/// What came of one input.
struct Outcome {
    drafts: Vec<Draft>,
    rejects: Vec<String>,
    counts: Counts,
    format: Option<Format>,
}

fn read_with(options: ImportOptions, name: &str) -> Result<Outcome, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name);
    let bytes = fs::read(path)?;
    let mut importer = Importer::new(options);
    let modified = Timestamp::from_unix(1_795_500_000)?;
    let mut dump = importer.read(bytes.as_slice()).modified(modified);
    let (mut drafts, mut rejects) = (Vec::new(), Vec::new());
    for record in &mut dump {
        let record = record?;
        match record.content {
            Ok(draft) => drafts.push(draft),
            Err(reject) => rejects.push(format!("{}: {reject}", record.line)),
        }
    }
    Ok(Outcome { drafts, rejects, counts: dump.counts(), format: dump.format() })
}

#[track_caller]
fn read(name: &str) -> Result<Outcome, Box<dyn Error>> {
    read_with(ImportOptions::default(), name)
}

/// All of it is events: no reject, no text, no other document.
#[track_caller]
fn clean(name: &str) -> Result<Vec<Draft>, Box<dyn Error>> {
    let outcome = read(name)?;
    assert_eq!(outcome.rejects, Vec::<String>::new(), "{name}");
    let beside = (outcome.counts.skipped_text, outcome.counts.other_documents);
    assert_eq!(beside, (0, 0), "{name}");
    Ok(outcome.drafts)
}

fn mapped(name: &str, format: Format, lines: &[&str]) -> Result<Vec<Draft>, Box<dyn Error>> {
    let lines: Vec<Mapping> = lines.iter().map(|line| line.parse()).collect::<Result<_, _>>()?;
    let outcome = read_with(ImportOptions::default().format(format).map(Map::new(lines)?), name)?;
    assert_eq!(outcome.rejects, Vec::<String>::new(), "{name}");
    Ok(outcome.drafts)
}

fn names(drafts: &[Draft]) -> Vec<&str> {
    drafts.iter().map(|draft| draft.name.as_str()).collect()
}

fn time(draft: &Draft) -> String {
    draft.time.map_or_else(|| "none".to_owned(), |time| time.to_string())
}

fn uid(draft: &Draft) -> &str {
    draft.uid.as_ref().map_or("none", |uid| uid.text.as_str())
}

#[test]
fn alerts_that_are_healthy_or_pending_are_no_events() {
    let outcome = read("01-grafana-normal-state.json").unwrap();
    assert_eq!(names(&outcome.drafts), ["CPU", "DatasourceNoData"]);
    assert!(outcome.drafts.iter().all(|draft| draft.state == State::Triggered));
    assert_eq!((outcome.rejects.len(), outcome.counts.not_fired), (0, 2));
}

#[test]
fn a_lease_is_no_end() {
    let drafts = clean("03-prometheus-post-lease.json").unwrap();
    assert_eq!(names(&drafts), ["HighLoad", "HighLoad", "Other"]);
    let fires = |draft: &Draft| (draft.state, draft.end_time) == (State::Triggered, None);
    assert!(drafts.iter().all(fires));
    assert_eq!(uid(&drafts[0]), uid(&drafts[1]));
}

#[test]
fn the_rules_of_prometheus_hold_alerts() {
    let drafts = clean("04-prometheus-rules.json").unwrap();
    assert_eq!(names(&drafts), ["DiskFull"]);
    assert_eq!((time(&drafts[0]), drafts[0].severity), ("2024-05-02T10:00:00.500Z".into(), 1));
    assert_eq!(drafts[0].state, State::Triggered);
}

#[test]
fn what_stands_before_a_record_does_not_hide_it() {
    assert_eq!(names(&clean("06-bom-in-the-middle.jsonl").unwrap()), ["R0", "R1", "R2"]);
    let falco = ImportOptions::default().format(Format::Falco);
    assert_eq!(names(&read_with(falco, "06-bom-in-the-middle.jsonl").unwrap().drafts).len(), 3);
    let drafts = clean("09-prefix-before-json.log").unwrap();
    assert_eq!(names(&drafts), ["R0", "R1", "R2", "R3", "R4", "R5"]);
}

#[test]
fn falco_without_output() {
    let drafts = clean("08-falco-without-output.jsonl").unwrap();
    assert_eq!(drafts.len(), 3);
    assert!(drafts.iter().all(|draft| draft.severity == 4));
    let texts: Vec<&str> = drafts.iter().map(|draft| draft.description.as_str()).collect();
    let text = "A process has started! (proc_exe=cat)";
    assert_eq!(texts, [text, text, ""]);
}

#[test]
fn what_an_event_was_before_is_no_event() {
    let drafts = clean("10-eventrouter.jsonl").unwrap();
    assert_eq!(drafts.len(), 2);
    assert!(uid(&drafts[0]).starts_with("k8s:c0ffee00-1111-2222-3333-444455556666:7@"));
    assert_eq!(uid(&drafts[0]), uid(&drafts[1]));
}

#[test]
fn a_foreign_line_in_yaml_costs_itself() {
    let outcome = read("12-log-line-inside-yaml.yaml").unwrap();
    assert_eq!((outcome.drafts.len(), outcome.rejects.len()), (7, 1), "{:?}", outcome.rejects);
    for options in [ImportOptions::default(), ImportOptions::default().format(Format::Kubernetes)] {
        let outcome = read_with(options, "12b-warning-before-yaml.yaml").unwrap();
        assert_eq!((outcome.drafts.len(), outcome.rejects.len()), (2, 0));
        assert_eq!(outcome.counts.skipped_text, 1);
    }
}

#[test]
fn docker_events_over_lines() {
    assert_eq!(
        names(&clean("14-docker-text-newline.txt").unwrap()),
        ["Container Started", "Container Died"]
    );
    let drafts = clean("40-docker-exec-over-lines.txt").unwrap();
    let actions: Vec<_> =
        drafts.iter().map(|draft| draft.labels.get("docker.event.action")).collect();
    assert_eq!(actions, [Some("exec_create"), Some("exec_start"), Some("die")]);
    let json = r#"{"Type":"container","Action":"exec_create: sh -c echo a\necho b","Actor":{"ID":
        "4f1d0c9a7b3e5d2f8a6c1b0e9d7f3a5c2b4e6d8f0a1c3e5b7d9f2a4c6e8b0d1f","Attributes":
        {"image":"web:1","name":"web-1"}},"timeNano":1767225600000000001}"#;
    let mut importer = Importer::new(ImportOptions::default());
    let same = importer.read(json.as_bytes()).next().unwrap().unwrap().content.unwrap();
    assert_eq!(drafts[0].uid, same.uid);
}

#[test]
fn one_field_over_its_limit_does_not_cost_the_record() {
    let outcome = read("15-docker-long-label.jsonl").unwrap();
    let action =
        |draft: &&Draft| matches!(draft.labels.get("docker.event.action"), Some("oom" | "die"));
    assert_eq!(outcome.drafts.iter().filter(action).count(), 2);
    assert_eq!((outcome.rejects.len(), outcome.counts.degraded), (0, 3));
    let outcome = read("16-alert-long-annotation.json").unwrap();
    assert_eq!((names(&outcome.drafts), outcome.counts.degraded), (vec!["PodsDown"], 1));
    assert_eq!(outcome.drafts[0].tags.get("eventscope.cut"), Some("pods, runbook"));
    let outcome = read("32-falco-invalid-utf8.jsonl").unwrap();
    assert_eq!(outcome.drafts[0].description, "bad utf8 \u{fffd}\u{fffd} here");
    let outcome = read("32b-falco-duplicate-key.jsonl").unwrap();
    assert_eq!(outcome.drafts[0].description, "dup2");
    assert_eq!(outcome.drafts[0].labels.get("proc.name"), Some("b"));
}

#[test]
fn logs_of_opentelemetry() {
    assert_eq!(clean("17-otlp-severity-enum.json").unwrap()[0].severity, 4);
    let drafts = clean("18-otlp-k8sobjects.json").unwrap();
    assert_eq!((drafts.len(), drafts[0].event_type.name()), (1, "kubernetes"));
    assert_eq!((drafts[0].severity, drafts[0].count), (4, 7));
    assert_eq!(time(&drafts[0]), "2024-05-02T10:05:00Z");
    assert_eq!(drafts[0].labels.get("kubernetes.pod.name"), Some("web-1"));
}

#[test]
fn a_falco_alert_in_a_cloudevent_is_the_alert() {
    let drafts = clean("19-falco-in-cloudevent.json").unwrap();
    assert_eq!((drafts[0].severity, drafts[0].source.as_str()), (2, "falco"));
    assert_eq!(uid(&drafts[0]), "0c0c0c0c-0000-4000-8000-000000000002");
}

#[test]
fn a_list_of_nothing_is_an_empty_dump() {
    for options in [ImportOptions::default(), ImportOptions::default().format(Format::Kubernetes)] {
        let outcome = read_with(options, "20-eventlist-items-null.json").unwrap();
        assert_eq!((outcome.drafts.len(), outcome.rejects.len()), (0, 0));
        assert_eq!(outcome.format, Some(Format::Kubernetes));
        assert_eq!(outcome.counts.empty_lists, 1);
    }
}

#[test]
fn numbers_as_they_come() {
    let counts: Vec<u64> =
        clean("21-count-float-or-text.jsonl").unwrap().iter().map(|draft| draft.count).collect();
    assert_eq!(counts, [7, 7]);
    let drafts =
        mapped("22-epoch-nine-digits.jsonl", Format::Jsonl, &["time=ts", "name=n"]).unwrap();
    let times: Vec<String> = drafts.iter().map(time).collect();
    assert_eq!(
        times,
        [
            "2024-05-02T10:00:00.123456789Z",
            "2024-05-02T10:00:00.123456789Z",
            "2024-05-02T10:00:00.999999999Z",
            "2024-05-02T10:00:00.123456789Z",
            "2024-05-02T10:00:00.000000001Z",
        ]
    );
}

#[test]
fn the_network_firewall_of_aws_is_suricata() {
    let drafts = clean("24-aws-network-firewall.jsonl").unwrap();
    assert_eq!(names(&drafts), ["netflow", "test bad tls"]);
    assert!(drafts.iter().all(|draft| draft.source == "suricata"));
    assert_eq!(drafts[0].labels.get("aws.firewall.name"), Some("fw-a"));
}

#[test]
fn other_engines_of_containers() {
    let drafts = clean("25-podman-events.jsonl").unwrap();
    assert_eq!(names(&drafts)[..3], ["Container Died", "Image Pulled", "Container Died"]);
    assert!(drafts.iter().all(|draft| draft.event_type.name() == "docker"));
    assert!(drafts[0].description.contains("exitCode: 137"), "{}", drafts[0].description);
    let drafts = clean("25b-podman-events.txt").unwrap();
    assert_eq!(time(&drafts[0]), "2019-05-19T09:19:13.962020795Z");
    assert_eq!(names(&drafts)[2], "Container Died");
    let drafts = clean("26-compose-events.jsonl").unwrap();
    assert_eq!(names(&drafts), ["Container Created", "Container Died"]);
    let service = "container.label.com.docker.compose.service";
    assert_eq!(drafts[0].labels.get(service), Some("web"));
    let drafts = clean("26b-compose-events.txt").unwrap();
    assert_eq!(time(&drafts[0]), "2024-03-18T11:04:05Z");
    assert_eq!(drafts[0].tags.get("eventscope.guessed"), Some("zone"));
}

#[test]
fn records_in_envelopes() {
    let drafts = clean("27-trivy-operator-webhook.json").unwrap();
    assert_eq!((drafts.len(), drafts[0].severity), (2, 0));
    let kubernetes = "k8s:c0ffee00-1111-2222-3333-444455556666:7@1714644300000000000";
    assert_eq!(uid(&clean("28-elasticdump.jsonl").unwrap()[0]), kubernetes);
    assert_eq!(uid(&clean("28e-logcli.jsonl").unwrap()[0]), kubernetes);
    let falco: Vec<Draft> =
        ["28c-journal-falco.jsonl", "28d-docker-json-file-falco.log", "28f-falcosidekick-ui.json"]
            .into_iter()
            .flat_map(|name| clean(name).unwrap())
            .collect();
    assert_eq!(falco.len(), 3);
    assert!(falco.iter().all(|draft| draft.uid == falco[0].uid));
    assert_eq!(
        names(&clean("29b-cloudwatch-filter-log-events.json").unwrap()),
        ["Write below etc"]
    );
}

#[test]
fn alerts_of_other_tools() {
    let drafts = clean("29-pagerduty-v3.json").unwrap();
    assert_eq!(names(&drafts), ["db-1 is down"]);
    assert_eq!(drafts[0].event_type.name(), "alert");
    assert_eq!(time(&drafts[0]), "2024-05-02T10:06:00Z");
    let drafts = clean("30-grafana-legacy-webhook.json").unwrap();
    assert_eq!(names(&drafts), ["Disk alert"]);
    assert_eq!(drafts[0].state, State::Triggered);
    assert_eq!(drafts[0].tags.get("eventscope.guessed"), Some("time"));
}

#[test]
fn times_of_other_programs() {
    let drafts =
        mapped("31-csv-times.csv", Format::Csv, &["time=@timestamp", "name=name"]).unwrap();
    let times: Vec<String> = drafts.iter().map(time).collect();
    assert_eq!(
        times,
        ["2024-05-02T10:00:00.123Z", "2024-05-02T10:00:00.123Z", "2024-05-02T10:00:00.123456789Z",]
    );
}

#[test]
fn tables_as_spreadsheets_and_cut_off() {
    let lines = ["time=time", "name=name", "description=note"];
    let drafts = mapped("31b-csv-names-its-separator.csv", Format::Csv, &lines).unwrap();
    assert_eq!((names(&drafts), drafts[0].description.as_str()), (vec!["a,b"], "c;d"));
    let drafts = mapped("31c-csv-cut-off.csv", Format::Csv, &lines).unwrap();
    assert_eq!((names(&drafts), drafts[1].description.as_str()), (vec!["a", "b"], "cut o"));
    let cut = drafts.iter().map(|draft| draft.tags.get("eventscope.cut"));
    assert_eq!(cut.collect::<Vec<_>>(), [None, Some("the end of the last row")]);
}

#[test]
fn a_cluster_whose_metadata_is_an_object() {
    let drafts = clean("41-trivy-k8s-metadata-object.json").unwrap();
    assert_eq!(names(&drafts), ["CVE-2024-0001", "Image scanned: d/Deployment/w"]);
}

#[test]
fn the_violations_in_a_webhook_of_secure() {
    let drafts = clean("43-sysdig-secure-webhook.json").unwrap();
    let policy = drafts.iter().find(|draft| draft.event_type.name() == "policy").unwrap();
    assert_eq!((policy.name.as_str(), policy.severity), ("Read sensitive file untrusted", 2));
    assert_eq!(policy.labels.get("container.id"), Some("57c1820a87f1"));
    assert!(matches!(&policy.details, Some(Details::Policy(it)) if it.host_mac.is_some()));
}
