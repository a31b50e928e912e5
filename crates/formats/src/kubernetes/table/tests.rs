//! Tests of kubectl's tables.

use crate::{
    Format, ImportOptions,
    testing::{InPieces, Outcome, labels, read_with},
};
use eventscope_model::{Draft, Timestamp};

/// A table as kubectl prints it: three blanks between columns, widths counted in characters.
fn table(rows: &[&[&str]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap();
    let mut out = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate().take(row.len() - 1) {
            let blanks = width(column) - cell.chars().count() + 3;
            out.extend([*cell, &" ".repeat(blanks)]);
        }
        out.extend([row[row.len() - 1], "\n"]);
    }
    out
}

fn get() -> String {
    let failed = "Back-off  restarting   failed container";
    table(&[
        &["NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"],
        &["shop", "5m12s", "Warning", "BackOff", "pod/web-1", failed],
        &["shop", "2d3h", "Normal", "ScalingReplicaSet", "deployment/web", "Scaled up to 1"],
        &["default", "<unknown>", "Normal", "NodeReady", "node/worker-1", "worker-1 is ready"],
    ])
}

fn events() -> String {
    table(&[
        &["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"],
        &["5m12s (x3 over 20m)", "Warning", "BackOff", "Pod/web-1", "Back-off restarting"],
        &["<invalid>", "Normal", "Pulled", "Pod/web-1", "Container image \"web:1\" is there"],
        &["10m", "Normal", "Killing", "ReplicaSet/web-7c", "Stopping"],
    ])
}

const WIDE_COLUMNS: [&str; 10] = [
    "LAST SEEN",
    "TYPE",
    "REASON",
    "OBJECT",
    "SUBOBJECT",
    "SOURCE",
    "MESSAGE",
    "FIRST SEEN",
    "COUNT",
    "NAME",
];

fn wide() -> String {
    let web = ["5m", "Warning", "Unhealthy", "pod/web-1", "spec.containers{web}"];
    let web_1 = ["kubelet, worker-1", "\u{30b3}\u{30f3} is not  ready", "20m", "3"];
    let other = ["7s", "Normal", "Scheduled", "pod/web-2", "", "default-scheduler, scheduler-1"];
    table(&[
        &WIDE_COLUMNS,
        &[&web[..], &web_1, &["web-1.17a1b2c3d4e5f607"]].concat(),
        &[&other[..], &["Assigned", "7s", "1", "web-2.17a1b2c3d4e5f608"]].concat(),
    ])
}

fn options() -> ImportOptions {
    ImportOptions::default().now("2026-11-19T10:00:00Z".parse().unwrap())
}

fn read(dump: &str) -> Outcome {
    read_with(options(), dump.as_bytes())
}

fn drafts(dump: &str) -> Vec<Draft> {
    read(dump).records.into_iter().map(|record| record.content.unwrap()).collect()
}

fn times(drafts: &[Draft]) -> Vec<String> {
    drafts.iter().map(|draft| draft.time.unwrap().to_string()).collect()
}

fn uids(dump: &str) -> Vec<String> {
    drafts(dump).into_iter().map(|draft| draft.uid.unwrap().text).collect()
}

#[test]
fn what_kubectl_get_prints() {
    let outcome = read(&get());
    assert_eq!(outcome.format, Some(Format::Kubernetes));
    assert_eq!(outcome.counts.skipped_text, 0);
    let lines = ["2 Back Off Ctr Start/Image Pull", "3 Scaling Replica Set", "4 Node Ready"];
    let found = outcome.lines();
    assert_eq!(found.len(), lines.len(), "{found:?}");
    let drafts = drafts(&get());
    assert_eq!(
        times(&drafts),
        ["2026-11-19T09:54:48Z", "2026-11-17T07:00:00Z", "2026-11-19T10:00:00Z"]
    );
    assert_eq!(
        labels(&drafts[0]),
        "kubernetes.event.reason = 'BackOff' and kubernetes.namespace.name = 'shop' and \
         kubernetes.object.kind = 'Pod' and kubernetes.pod.name = 'web-1'"
    );
    assert_eq!(drafts[0].severity, 4);
    assert_eq!(drafts[0].description, "Back-off  restarting   failed container");
    assert_eq!(drafts[0].tags.get("eventscope.guessed"), Some("time"));
    assert_eq!(
        labels(&drafts[2]),
        "kubernetes.event.reason = 'NodeReady' and kubernetes.node.name = 'worker-1' and \
         kubernetes.object.kind = 'Node'"
    );
    assert_eq!(outcome.counts.dated_by_file, 1);
}

#[test]
fn what_kubectl_events_prints() {
    let drafts = drafts(&events());
    assert_eq!(drafts.iter().map(|draft| draft.count).collect::<Vec<_>>(), [3, 1, 1]);
    assert_eq!(
        times(&drafts),
        ["2026-11-19T09:54:48Z", "2026-11-19T10:00:00Z", "2026-11-19T09:50:00Z"]
    );
    assert_eq!(drafts[2].labels.get("kubernetes.replicaSet.name"), Some("web-7c"));
    assert_eq!(drafts[2].labels.get("kubernetes.object.kind"), Some("ReplicaSet"));
}

#[test]
fn a_wide_table_says_more() {
    let drafts = drafts(&wide());
    assert_eq!(drafts[0].description, "\u{30b3}\u{30f3} is not  ready");
    assert_eq!(drafts[0].count, 3);
    assert_eq!(
        labels(&drafts[0]),
        "kubernetes.event.component = 'kubelet' and kubernetes.event.reason = 'Unhealthy' and \
         kubernetes.node.name = 'worker-1' and kubernetes.object.kind = 'Pod' and \
         kubernetes.pod.name = 'web-1'"
    );
    let component = drafts[1].labels.get("kubernetes.event.component");
    assert_eq!(component, Some("default-scheduler"));
    assert_eq!(drafts[1].labels.get("kubernetes.node.name"), None);
    assert_eq!(drafts[1].description, "Assigned");
}

#[test]
fn old_versions() {
    let columns = "LASTSEEN FIRSTSEEN COUNT NAME KIND SUBOBJECT TYPE REASON SOURCE MESSAGE";
    let columns: Vec<&str> = columns.split(' ').collect();
    let created = "5m|1h|12|web-1.15a3b7c8d9e0f1a2|ReplicaSet||Normal|Created|kubelet, w|Made it";
    let failed = "5m|1h|1|web-1|Pod|spec.containers{web}|Warning|Failed|kubelet, w|Error: x";
    let rows = |seen: &str| {
        let rows = [created, failed].map(|row| row.replace("5m", seen));
        let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.split('|').collect()).collect();
        table(&[&columns, &rows[0], &rows[1]])
    };
    let drafts = drafts(&rows("5m"));
    assert_eq!(drafts[0].labels.get("kubernetes.replicaSet.name"), Some("web-1"));
    assert_eq!((drafts[0].count, drafts[0].description.as_str()), (12, "Made it"));
    assert_eq!(drafts[1].labels.get("kubernetes.pod.name"), Some("web-1"));
    let watched = rows("2018-03-01 10:00:00 +0000 UTC");
    let drafts = self::drafts(&watched);
    assert_eq!(times(&drafts), ["2018-03-01T10:00:00Z"; 2]);
    assert_eq!(drafts[0].tags.get("eventscope.guessed"), None);
}

#[test]
fn rows_of_a_watch_need_not_stand_under_their_names() {
    let watch = [
        &WIDE_COLUMNS[..],
        &["0s", "Warning", "BackOff", "pod/a-long-name", "spec.containers{web}", "kubelet, n1"],
        &["1s", "Normal", "Scheduled", "pod/b", "default-scheduler", "Assigned", "1s", "1", "b.1"],
    ];
    let [header, first, second] = watch.map(|cells| cells.join("   "));
    let first = first + "   Back-off  x   y   5m   7   a.17a1b2c3d4e5f607";
    let drafts = drafts(&[header, first, second, String::new()].join("\n"));
    assert_eq!((drafts[0].count, drafts[0].description.as_str()), (7, "Back-off  x   y"));
    assert_eq!(drafts[0].labels.get("kubernetes.node.name"), Some("n1"));
    assert_eq!((drafts[1].count, drafts[1].description.as_str()), (1, "Assigned"));
}

#[test]
fn the_same_table_gives_the_same_events() {
    for table in [get(), events(), wide()] {
        assert_eq!(uids(&table), uids(&table));
        let later = read_with(
            ImportOptions::default().now("2026-11-19T10:01:00Z".parse().unwrap()),
            table.replace("5m12s", "6m12s").replace("\n7s ", "\n67s").as_bytes(),
        );
        let later = later.records.into_iter().map(|it| it.content.unwrap().uid.unwrap().text);
        assert_eq!(later.collect::<Vec<_>>(), uids(&table), "{table}");
    }
    // Ages do not make an event another one, but days do.
    let next_day = ImportOptions::default().now("2026-11-20T10:00:00Z".parse().unwrap());
    let uid = |options: ImportOptions| {
        let outcome = read_with(options, events().as_bytes());
        outcome.records[0].content.as_ref().unwrap().uid.clone()
    };
    assert_ne!(uid(next_day), uid(options()));
}

#[test]
fn rows_that_are_alike_are_two_events() {
    let row = "1s          Normal    Pulled   pod/web-1           Pulled\n";
    let table = format!(
        "LAST SEEN   TYPE      REASON   OBJECT              MESSAGE\n{row}{row}{}",
        row.replace("1s", "2s")
    );
    let found = uids(&table);
    assert!(found[0] != found[1] && found[1] != found[2] && found[0] != found[2]);
    assert_eq!(uids(&format!("{table}\n{table}")), [found.clone(), found].concat());
}

#[test]
fn ages_count_back_from_the_file_without_a_now() {
    let modified = Timestamp::from_unix(1_795_500_000).unwrap();
    let table = events();
    let mut importer = crate::Importer::new(ImportOptions::default());
    let first = importer.read(table.as_bytes()).modified(modified).next().unwrap().unwrap();
    let time = first.content.unwrap().time.unwrap();
    assert_eq!(modified.nanos() - time.nanos(), 312_000_000_000);
    let first = importer.read(table.as_bytes()).arriving(|| Timestamp::EPOCH).next().unwrap();
    let reason = first.unwrap().content.unwrap_err().to_string();
    assert_eq!(reason, "LAST SEEN is `5m12s (x3 over 20m)`: time outside 1970 to 2262");
    let undated = read_with(ImportOptions::default(), events().as_bytes()).lines();
    let reason = "LAST SEEN is missing, and the file has no time either";
    assert_eq!(undated[0], format!("2 REJECT no kubernetes event: {reason}"));
}

#[test]
fn the_last_row_without_a_line_end_is_kept_and_says_so() {
    let whole = read(&events());
    assert_eq!(whole.counts.degraded, 0);
    let cut = read(events().trim_end());
    assert_eq!((cut.records.len(), cut.counts.degraded), (3, 1));
    let last = cut.records[2].content.as_ref().unwrap();
    assert_eq!(last.tags.get("eventscope.cut"), Some("the end of the last row"));
    assert_eq!(last.uid, whole.records[2].content.as_ref().unwrap().uid);
    let events = events();
    let short = read(&events[..events.find("ReplicaSet/").unwrap() + 4]);
    let last = short.records[2].content.as_ref().unwrap();
    assert_eq!((last.name.as_str(), last.description.as_str()), ("Killing", ""));
    let shorter = read(&events[..events.find("Killing").unwrap()]);
    assert_eq!(shorter.lines()[2], "4 REJECT no kubernetes event: REASON is missing");
}

#[test]
fn a_header_alone_is_an_empty_dump() {
    let events = events();
    let header = events.lines().next().unwrap();
    for dump in [header.to_owned(), format!("{header}\n"), format!("{header}\r\n{header}\r\n")] {
        let outcome = read(&dump);
        assert_eq!((outcome.records.len(), outcome.format), (0, Some(Format::Kubernetes)));
        assert_eq!(outcome.counts.empty_lists, dump.matches("OBJECT").count() as u64);
        assert_eq!(outcome.counts.skipped_text, 0);
    }
}

#[test]
fn other_lines_are_text() {
    let events = events();
    let table = format!(
        "$ kubectl events\n{events}further line of a message\n\n\
         NAME    READY   STATUS    RESTARTS   AGE\npod/a   1/1     Running   0          5m\n\
         2026-11-19 10:00:00  INFO  started  in  5s\n"
    );
    let outcome = read(&table);
    assert_eq!((outcome.records.len(), outcome.counts.skipped_text), (3, 5));
    // Without a header there is no table.
    let outcome = read(events.split_once('\n').unwrap().1);
    assert_eq!((outcome.records.len(), outcome.counts.skipped_text), (0, 3));
    assert_eq!(read_with(options().format(Format::Docker), events.as_bytes()).records.len(), 0);
}

#[test]
fn a_row_that_is_none_is_a_reject() {
    let header = "LAST SEEN   TYPE      REASON   OBJECT      MESSAGE";
    let outcome = read(&format!("{header}\n5m\n5m  Warning  BackOff\n5m          Warning\n"));
    let missing = "REJECT no kubernetes event: REASON is missing";
    let expected = "expected the columns of the header, with three blanks between";
    assert_eq!(
        outcome.lines(),
        [
            format!("2 {missing}"),
            format!("3 REJECT row is `5m  Warning  BackOff`; {expected}"),
            format!("4 {missing}"),
        ]
    );
}

#[test]
fn a_table_in_any_wrapping() {
    let wide = wide();
    let plain = read(&wide);
    assert_eq!(read(&wide.replace('\n', "\r\n")), plain);
    let indented: String = wide.lines().map(|line| format!("    {line}\n")).collect();
    assert_eq!(read(&indented), plain);
    for size in 1..9 {
        let pieces = InPieces { bytes: wide.as_bytes(), sizes: vec![size, 3].into_iter().cycle() };
        assert_eq!(read_with(options(), pieces), plain);
    }
    let bad = wide.replace('\u{30b3}', "\u{1}").into_bytes();
    let bad: Vec<u8> = bad.into_iter().map(|byte| if byte == 1 { 0xff } else { byte }).collect();
    let outcome = read_with(options(), bad.as_slice());
    assert_eq!((outcome.records.len(), outcome.counts.degraded), (2, 1));
}

#[test]
fn hostile_tables_are_bounded() {
    let header = "LAST SEEN   TYPE      REASON   OBJECT      MESSAGE\n";
    let long =
        format!("{header}5m          Warning   BackOff  pod/a       {}\n", "x".repeat(1 << 20));
    let outcome = read(&long);
    assert_eq!((outcome.records.len(), outcome.counts.degraded), (1, 1));
    let columns = format!("LAST SEEN  REASON  OBJECT  MESSAGE{}\n5m\n", "  X".repeat(100_000));
    assert_eq!(read(&columns).records.len(), 0);
    let years = format!("{header}{}y          Warning   BackOff  pod/a       x\n", "9".repeat(15));
    assert!(read(&years).lines().len() <= 1);
}
