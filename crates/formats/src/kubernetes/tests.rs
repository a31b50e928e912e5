//! Tests of the field table, on records of every version of the API.

use crate::testing::{labels, one, read};
use eventscope_model::{Draft, UidTime};

#[track_caller]
fn draft(json: &str) -> Draft {
    one(json).unwrap_or_else(|reject| panic!("{json}: {reject}"))
}

const CORE: &str = r#"{"kind":"Event","apiVersion":"v1",
 "metadata":{"name":"web-1.17a","namespace":"elsewhere","uid":"3f2a",
  "creationTimestamp":"2026-11-23T08:00:00Z",
  "managedFields":[{"manager":"kubelet","fieldsV1":{"f:count":{}}}]},
 "involvedObject":{"kind":"Pod","namespace":"prod","name":"web-1","uid":"77",
  "fieldPath":"spec.containers{web}"},
 "reason":"Pulled","message":"Container image \"web:1.4\"\nalready present",
 "source":{"component":"kubelet","host":"node-1"},
 "firstTimestamp":"2026-11-23T08:00:00Z","lastTimestamp":"2026-11-23T10:09:00+01:00",
 "count":3,"type":"Normal",
 "eventTime":null,"reportingComponent":"","reportingInstance":""}"#;

#[test]
fn core_v1() {
    let event = draft(CORE);
    assert_eq!(event.name, "Ctr Img Pulled");
    assert_eq!(event.description, "Container image \"web:1.4\"\nalready present");
    assert_eq!((event.severity, event.count), (6, 3));
    assert_eq!(event.time.unwrap().to_string(), "2026-11-23T09:09:00Z");
    assert_eq!(
        labels(&event),
        "kubernetes.event.component = 'kubelet' and kubernetes.event.reason = 'Pulled' and \
         kubernetes.namespace.name = 'prod' and kubernetes.node.name = 'node-1' and \
         kubernetes.object.kind = 'Pod' and kubernetes.pod.name = 'web-1'"
    );
    let uid = event.uid.unwrap();
    assert_eq!((uid.text.as_str(), uid.time), ("k8s:3f2a:3@1795424940000000000", UidTime::Fixed));
}

#[test]
fn events_k8s_io() {
    let event = draft(
        r#"{"metadata":{"uid":"1110","creationTimestamp":"2019-11-18T21:46:46Z"},
        "eventTime":"2019-11-18T21:46:46.691762Z",
        "series":{"count":4,"lastObservedTime":"2019-11-18T21:50:00.000001Z"},
        "reportingController":"default-scheduler","reason":"Scheduled","note":"assigned",
        "regarding":{"kind":"ReplicaSet","namespace":"default","name":"web"},"type":"Warning",
        "deprecatedSource":{"component":"","host":"minikube"},"deprecatedFirstTimestamp":null,
        "deprecatedLastTimestamp":null,"deprecatedCount":2}"#,
    );
    assert_eq!(event.name, "Scheduled");
    assert_eq!(event.description, "assigned");
    assert_eq!((event.severity, event.count), (4, 4));
    assert_eq!(event.time.unwrap().to_string(), "2019-11-18T21:50:00.000001Z");
    assert_eq!(
        labels(&event),
        "kubernetes.event.component = 'default-scheduler' and kubernetes.event.reason = \
         'Scheduled' and kubernetes.namespace.name = 'default' and kubernetes.node.name = \
         'minikube' and kubernetes.object.kind = 'ReplicaSet' and kubernetes.replicaSet.name = \
         'web'"
    );
}

#[test]
fn the_internal_form_of_old_kubectl() {
    let event = draft(
        r#"{"name":"node1.15","namespace":"default","uid":"632359cd",
        "creationTimestamp":"2018-02-24T05:34:30Z",
        "InvolvedObject":{"Kind":"Node","Namespace":"","Name":"node1"},
        "Reason":"NodeReady","Message":"m",
        "Source":{"Component":"kubelet","Host":"other"},"FirstTimestamp":"2018-02-24T05:34:30Z",
        "LastTimestamp":"2018-02-24T05:34:31Z","Count":0,
        "Type":"","EventTime":null,"Series":null,"ReportingController":""}"#,
    );
    assert_eq!((event.name.as_str(), event.severity, event.count), ("Node Ready", 6, 1));
    assert_eq!(event.uid.as_ref().unwrap().text, "k8s:632359cd:1@1519450471000000000");
    assert_eq!(
        labels(&event),
        "kubernetes.event.component = 'kubelet' and kubernetes.event.reason = 'NodeReady' and \
         kubernetes.node.name = 'node1' and kubernetes.object.kind = 'Node'"
    );
}

#[test]
fn the_compact_form() {
    let event = draft(
        r#"{"items":[{"namespace":"machines",
        "lastTimestamp":"2022-08-24T11:40:44+02:00","reason":"FailedUpdate","message":"m",
        "type":"Error"}]}"#,
    );
    assert_eq!((event.name.as_str(), event.severity), ("FailedUpdate", 3));
    assert_eq!(
        labels(&event),
        "kubernetes.event.reason = 'FailedUpdate' and kubernetes.namespace.name = 'machines'"
    );
    // Part of the uids in every store: it must never change.
    let uid = event.uid.unwrap();
    assert_eq!(
        (uid.text.as_str(), uid.time),
        ("k8s:420ca955a182fe5fad88c66b0e3b14a0", UidTime::Fixed)
    );
}

/// The time is the first one that is set; each row unsets the one before.
#[test]
fn the_order_of_times() {
    let times = [
        ("series", r#"{"count":1,"lastObservedTime":"2026-01-01T00:00:00Z"}"#),
        ("lastTimestamp", r#""2026-01-02T00:00:00Z""#),
        ("deprecatedLastTimestamp", r#""2026-01-03T00:00:00Z""#),
        ("eventTime", r#""2026-01-04T00:00:00.000001Z""#),
        ("firstTimestamp", r#""2026-01-05T00:00:00Z""#),
        ("deprecatedFirstTimestamp", r#""2026-01-06T00:00:00Z""#),
        ("metadata", r#"{"creationTimestamp":"2026-01-07T00:00:00Z"}"#),
    ];
    let unset = ["null", r#""0001-01-01T00:00:00Z""#, r#""""#];
    for first in 0..times.len() {
        let mut fields = String::new();
        for (n, (key, value)) in times.iter().enumerate() {
            let zero = if value.starts_with('{') { "null" } else { unset[n % 3] };
            let value = if n < first { zero } else { value };
            fields.push_str(&format!(r#","{key}":{value}"#));
        }
        let event = draft(&format!(r#"{{"involvedObject":{{}},"reason":"r"{fields}}}"#));
        let day = event.time.unwrap().to_string();
        assert!(day.starts_with(&format!("2026-01-0{}", first + 1)), "{fields}: {day}");
    }
}

#[test]
fn names_without_an_entry_and_without_a_reason() {
    let name = |fields: &str| draft(&format!(r#"{{{fields},"eventTime":"2026-01-01"}}"#)).name;
    assert_eq!(name(r#""involvedObject":{"kind":"Pod"},"reason":"FailedMount""#), "FailedMount");
    assert_eq!(name(r#""involvedObject":{},"reason":"Pulled""#), "Pulled");
    let unnamed = r#""involvedObject":{"namespace":"kube-system"}"#;
    assert_eq!(name(unnamed), "unnamed event");
    assert_eq!(name(&format!(r#"{unnamed},"metadata":{{"name":"bootstrap"}}"#)), "bootstrap");
}

#[test]
fn kinds_keep_all_but_their_first_letter() {
    let event = draft(
        r#"{"involvedObject":{"kind":"APIService","name":"v1.x","namespace":""},
        "reason":"r","eventTime":"2026-01-01"}"#,
    );
    assert_eq!(event.labels.get("kubernetes.aPIService.name"), Some("v1.x"));
    assert_eq!(event.labels.get("kubernetes.namespace.name"), None);
}

#[test]
fn what_is_no_event() {
    let reason = |fields: &str| {
        one(&format!(r#"{{"involvedObject":{{"kind":"Pod"}},"reason":"r"{fields}}}"#))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(reason(""), "no kubernetes event: lastTimestamp is missing");
    assert_eq!(
        reason(r#","lastTimestamp":"2026-11-23T109:00:00Z","eventTime":"2026-11-23T09:00:00Z""#),
        "lastTimestamp is `2026-11-23T109:00:00Z`: not a time; write 2026-11-23T09:00:00Z, \
         2026-11-23 or a Unix number"
    );
    let audit = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get","objectRef":{}}"#;
    assert_eq!(read(audit).counts.other_documents, 1);
}

#[test]
fn what_a_watch_says_is_opened() {
    let event = r#"{"kind":"Event","involvedObject":{"kind":"Pod","name":"web-1"},
        "reason":"Killing","lastTimestamp":"2026-11-23T09:00:00Z"}"#;
    let watched = |object: &str| format!("{{\n  \"type\": \"ADDED\",\n  \"object\": {object}}}");
    assert_eq!(one(&watched(event)), one(event));
    let both = format!("{}\n{}", watched(event), watched(r#"{"kind":"Pod","metadata":{}}"#));
    let outcome = read(&both);
    assert_eq!(outcome.lines(), ["3 Killing Container"]);
    assert_eq!(outcome.counts.other_documents, 1);
}
