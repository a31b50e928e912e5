//! Tests of the field table, on JSON with old and new keys and on plain text.

use crate::testing::{labels, one, read};
use eventscope_model::{Draft, UidTime};

const ID: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// `@id` stands for a full container id.
#[track_caller]
fn draft(text: &str) -> Draft {
    let text = text.replace("@id", ID);
    one(&text).unwrap_or_else(|reject| panic!("{text}: {reject}"))
}

#[track_caller]
fn check(text: &str, name: &str, description: &str, expected: &str) {
    let event = draft(text);
    assert_eq!(event.name, name);
    assert_eq!(event.description, description.replace("@id", ID));
    assert_eq!(labels(&event), expected.replace("@id", ID));
}

#[test]
fn a_container_with_all_keys() {
    let json = r#"{"status":"kill","id":"@id","from":"web:1.4","Type":"container","Action":"kill",
        "Actor":{"ID":"@id","Attributes":{"image":"web:1.4","name":"web-1","signal":"9",
        "io.kubernetes.pod.name":"p","io.kubernetes.pod.namespace":"prod","container.name":"c"}},
        "scope":"local","time":1795424940,"timeNano":1795424940123456789}"#;
    check(
        json,
        "Container Killed",
        "Event: kill; Image: web:1.4; ID: @id; name: web-1; signal: 9",
        "container.id = '9f86d081884c' and container.image = 'web:1.4' and \
         container.label.container.name = 'c' and \
         container.label.io.kubernetes.pod.name = 'p' and \
         container.label.io.kubernetes.pod.namespace = 'prod' and container.label.signal = '9' \
         and container.name = 'web-1' and docker.event.action = 'kill' and docker.event.type = \
         'container' and kubernetes.namespace.name = 'prod' and kubernetes.pod.name = 'p'",
    );
    let event = draft(json);
    assert_eq!(event.time.unwrap().to_string(), "2026-11-23T09:09:00.123456789Z");
    assert_eq!(event.severity, 4);
    // Part of the uids in every store: it must never change.
    let uid = event.uid.unwrap();
    assert_eq!(
        (uid.text.as_str(), uid.time),
        ("docker:5e25dfb4787dfc56080559389f675dd3", UidTime::Fixed)
    );
}

#[test]
fn other_types_and_unknown_actions() {
    check(
        r#"{"Type":"network","Action":"connect","time":1,"Actor":{"ID":"3d13",
            "Attributes":{"container":"c1","name":"front","type":"bridge"}}}"#,
        "Network Connected",
        "Event: connect; ID: 3d13; name: front",
        "container.label.container = 'c1' and container.label.type = 'bridge' and \
         docker.event.action = 'connect' and docker.event.type = 'network' and docker.network = \
         'front'",
    );
    check(
        r#"{"Type":"image","Action":"untag","Actor":{"ID":"sha256:77"},"time":1}"#,
        "Image Untagged",
        "Event: untag",
        "docker.event.action = 'untag' and docker.event.type = 'image' and docker.image = \
         'sha256:77'",
    );
    let healthy =
        r#"{"Type":"container","Action":"health_status: healthy","Actor":{"ID":"@id"},"time":1}"#;
    check(
        healthy,
        "Container health_status: healthy",
        "Event: health_status: healthy; ID: @id",
        "container.id = '9f86d081884c' and docker.event.action = 'health_status' and \
         docker.event.type = 'container'",
    );
    assert_eq!(draft(healthy).severity, 6);
    let exec =
        r#"{"Type":"container","Action":"exec_start: sh -c ls","Actor":{"ID":"@id"},"time":1}"#;
    assert_eq!(draft(exec).name, "Container Exec Started");
}

#[test]
fn old_keys_without_a_type() {
    check(
        r#"{"status":"kill","id":"@id","from":"web:1.4","time":1795424940}"#,
        "Docker Kill",
        "Event: kill; Image: web:1.4; ID: @id",
        "container.id = '9f86d081884c' and container.image = 'web:1.4' and docker.event.action \
         = 'kill'",
    );
    check(
        r#"{"status":"pull","id":"alpine:latest","time":1}"#,
        "Docker Pull",
        "Event: pull; ID: alpine:latest",
        "container.id = 'alpine:latest' and docker.event.action = 'pull'",
    );
}

#[test]
fn plain_text_is_the_same_event_as_its_json() {
    let json = r#"{"Type":"container","Action":"ACTION","Actor":{"ID":"@id","Attributes":
        {"image":"web:1.4","maintainer":"A, B (C)","name":"web-1"}},
        "timeNano":1795424940123456789}"#;
    let actions =
        ["die", "health_status: healthy", "exec_create: sh -c echo (x) ", "exec_start: a (b=c)"];
    for action in actions {
        let attributes = "(image=web:1.4, maintainer=A, B (C), name=web-1)";
        let time = "2026-11-23T18:09:00.123456789+09:00";
        let line = format!("{time} container {action} @id {attributes}\n");
        assert_eq!(draft(&line), draft(&json.replace("ACTION", action)), "{action}");
    }
    check(
        "2026-11-23T09:00:00Z image pull alpine:latest (name=alpine)",
        "Image Pulled",
        "Event: pull; ID: alpine:latest; name: alpine",
        "docker.event.action = 'pull' and docker.event.type = 'image' and docker.image = 'alpine'",
    );
    check(
        "2026-11-23T09:00:00Z volume create data (driver=local)",
        "Volume Created",
        "Event: create; ID: data",
        "container.label.driver = 'local' and docker.event.action = 'create' and \
         docker.event.type = 'volume' and docker.volume = 'data'",
    );
    check(
        "2015-05-12T15:49:29.999999999Z 9f86d081884c: (from web:1.4) die",
        "Docker Die",
        "Event: die; Image: web:1.4; ID: 9f86d081884c",
        "container.id = '9f86d081884c' and container.image = 'web:1.4' and docker.event.action \
         = 'die'",
    );
}

#[test]
fn lines_that_only_look_like_it() {
    let skipped = |line: &str| read(line).counts.skipped_text;
    for line in [
        "2026-11-23T09:00:00Z container",
        "2026-11-23T09:00:00Z starting up",
        "2026-11-23T09:00:00Z network is unreachable",
        "2026-11-23T09:00:00Z container web failed (exit 1) again",
        "2026-11-23 09:00:00 container die x (a=b)",
        "2026-11-23T109:00:00Z container die x (a=b)",
        "2026-11-23T09:00:00Z 9f86d081884c: listening on 80",
        "2026-11-23T09:00:00Z web-1: die",
        "1795424940 container die x",
    ] {
        assert_eq!(skipped(line), 1, "{line}");
    }
}

#[test]
fn what_is_no_event() {
    let reason = |text: &str| one(text).unwrap_err().to_string();
    assert_eq!(
        reason(r#"{"Type":"container","Action":"","Actor":{},"time":1}"#),
        "no docker event: Action is missing"
    );
    assert_eq!(
        reason(r#"{"Type":"container","Action":"die","Actor":{},"time":0}"#),
        "no docker event: time is missing"
    );
    assert_eq!(
        reason(r#"{"Type":"container","Action":"die","Actor":{},"timeNano":-5}"#),
        "timeNano is `-5`: not a time; write 2026-11-23T09:00:00Z, 2026-11-23 or a Unix number"
    );
    assert_eq!(
        reason(&format!("2026-11-23T09:00:00Z container die {ID} (name=x")),
        format!("event is `die {ID} (name=x`; expected ACTION ID (KEY=VALUE, ..)")
    );
    let long = "v".repeat(5000);
    let kept = one(&format!(
        r#"{{"Type":"container","Action":"die","time":1,
            "Actor":{{"Attributes":{{"k":"{long}"}}}}}}"#
    ));
    let kept = kept.unwrap();
    assert_eq!(kept.tags.get("eventscope.cut"), Some("container.label.k"));
    assert_eq!(kept.labels.get("container.label.k"), None);
}
