//! Tests of the field table.

use crate::testing::{labels, one, read};
use eventscope_model::{Details, Draft, UidTime};

#[track_caller]
fn draft(json: &str) -> Draft {
    one(json).unwrap_or_else(|reject| panic!("{json}: {reject}"))
}

/// An alert with these output fields.
fn with(fields: &str) -> String {
    format!(
        r#"{{"rule":"R","output":"o","priority":"Notice","time":"2026-11-23T09:09:00.5Z",
        "output_fields":{{{fields}}}}}"#
    )
}

#[test]
fn an_alert_of_a_container() {
    let json = r#"{"hostname":"node-1","output":"09:09:00: Shell (user=root)","priority":"WARNING",
        "rule":"Terminal shell","source":"syscall","tags":["shell","",null,"mitre"],
        "time":"2026-11-23T09:09:00.123456789Z","output_fields":{"container.id":"5892b41bcf46",
        "container.image.repository":"docker.io/alpine","container.image.tag":"3.20",
        "container.name":"k8s_x","evt.time":1795424940123456789,"k8s.ns.name":"prod",
        "k8s.pod.name":"web-1","proc.name":"sh","proc.pname":null,"proc.tty":34816,
        "user.name":"root","proc.aname":["a","b"]}}"#;
    let event = draft(json);
    assert_eq!((event.name.as_str(), event.severity), ("Terminal shell", 4));
    assert_eq!(event.description, "09:09:00: Shell (user=root)");
    assert_eq!(event.time.unwrap().to_string(), "2026-11-23T09:09:00.123456789Z");
    assert_eq!(
        labels(&event),
        "container.id = '5892b41bcf46' and container.image = 'docker.io/alpine:3.20' and \
         container.name = 'k8s_x' and falco.source = 'syscall' and host.hostName = 'node-1' and \
         kubernetes.namespace.name = 'prod' and kubernetes.pod.name = 'web-1' and proc.name = \
         'sh' and user.name = 'root'"
    );
    assert_eq!(event.tags.scope(), "mitre = 'true' and shell = 'true'");
    let Some(Details::Policy(details)) = event.details else { panic!("no details") };
    assert_eq!(details.rule.as_deref(), Some("Terminal shell"));
    assert_eq!(details.summary.as_deref(), Some("09:09:00: Shell (user=root)"));
    assert_eq!(details.host.as_deref(), Some("node-1"));
    assert_eq!(details.container_id.as_deref(), Some("5892b41bcf46"));
    assert_eq!(details.container_name.as_deref(), Some("k8s_x"));
    assert_eq!(details.image.as_deref(), Some("docker.io/alpine:3.20"));
}

#[test]
fn absent_fields_and_other_names() {
    let of = |fields: &str| labels(&draft(&with(fields)));
    assert_eq!(
        of(r#""container.id":"host","container.name":"<NA>","proc.name":"""#),
        "container.id = 'host'"
    );
    assert_eq!(
        of(r#""container.image.repository":"a","container.image.tag":"<NA>""#),
        "container.image = 'a'"
    );
    assert_eq!(
        of(r#""container.image.repository":null,"container.image":"a:1""#),
        "container.image = 'a:1'"
    );
    assert_eq!(
        of(r#""user.name":"<NA>","ka.user.name":"aya","evt.hostname":"h""#),
        "host.hostName = 'h' and user.name = 'aya'"
    );
    assert_eq!(
        of(r#""k8smeta.ns.name":"n","k8smeta.pod.name":"p","user.name":0"#),
        "kubernetes.namespace.name = 'n' and kubernetes.pod.name = 'p' and user.name = '0'"
    );
    let audit = r#""ka.target.name":"t","ka.target.namespace":"n","ka.target.resource":"#;
    assert_eq!(
        of(&format!("{audit}\"pods\"")),
        "kubernetes.namespace.name = 'n' and kubernetes.pod.name = 't'"
    );
    assert_eq!(of(&format!("{audit}\"secrets\"")), "kubernetes.namespace.name = 'n'");
}

#[test]
fn identity() {
    let uid = |json: &str| draft(json).uid.unwrap();
    // Part of the uids in every store: it must never change.
    let hashed = uid(&with(""));
    let pinned = ("falco:68549844ba4d99948595304ba6790e8c", UidTime::Fixed);
    assert_eq!((hashed.text.as_str(), hashed.time), pinned);
    assert_ne!(uid(&with("").replace("\"o\"", "\"p\"")), hashed);
    assert_ne!(uid(&with("").replace("09:09:00", "09:09:01")), hashed);
    assert_ne!(uid(&with(r#""evt.hostname":"h""#)), hashed);
    let own = with("").replace("{\"rule\"", "{\"uuid\":\"7c1b\",\"rule\"");
    assert_eq!(uid(&own).text, "7c1b");
}

#[test]
fn what_stands_between_is_skipped_and_what_cannot_be_read_is_a_reject() {
    let reason = |from: &str, to: &str| one(&with("").replace(from, to)).unwrap_err().to_string();
    assert!(reason("00.5Z", "00.5Z+2").starts_with("time is `2026-11-23T09:09:00.5Z+2`: not a"));
    let loud = draft(&with("").replace("Notice", "Loud"));
    assert_eq!((loud.severity, loud.tags.get("eventscope.unknown")), (6, Some("severity")));
    assert_eq!(reason("\"R\"", "\"<NA>\""), "no falco event: rule is missing");
    let unset =
        with("\"evt.time\":1795424940000000000").replace("\"2026-11-23T09:09:00.5Z\"", "null");
    assert_eq!(draft(&unset).time.unwrap().to_string(), "2026-11-23T09:09:00Z");
    let log = "Mon Nov 23 09:00:00 2026: Falco version: 0.41.0 (x86_64)\nLoading rules\n";
    let outcome = read(format!("{log}{}\n", with("").replace('\n', "")));
    assert_eq!((outcome.lines(), outcome.counts.skipped_text), (vec!["3 R".to_owned()], 2));
}

#[test]
fn workloads_and_digests_are_labels() {
    let fields = r#""k8s.deployment.name":"<NA>","k8smeta.deployment.name":"web",
        "k8s.rs.name":"web-7d4b","k8smeta.rc.name":"old","container.image.digest":"sha256:1f""#;
    assert_eq!(
        labels(&draft(&with(fields))),
        "image.digest = 'sha256:1f' and kubernetes.deployment.name = 'web' and \
         kubernetes.replicaSet.name = 'web-7d4b' and \
         kubernetes.replicationController.name = 'old'"
    );
}
