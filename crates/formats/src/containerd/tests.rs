//! Tests of containerd's events.

use crate::{
    Format,
    testing::{labels, one, read},
};

const ID: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn line(topic: &str, event: &str) -> String {
    format!("2026-11-19 10:00:00.123456789 +0000 UTC k8s.io {topic} {event}\n")
}

#[test]
fn text_and_json_are_one_event() {
    let event = format!(r#"{{"container_id":"{ID}","id":"{ID}","pid":7,"exit_status":137}}"#);
    let text = one(&line("/tasks/exit", &event)).unwrap();
    let quoted = serde_json::to_string(&event).unwrap();
    let json = format!(
        r#"{{"Timestamp":"2026-11-19T10:00:00.123456789Z","ID":"{ID}","Namespace":"k8s.io",
        "Topic":"/tasks/exit","Status":"unknown","Event":{quoted}}}"#
    );
    assert_eq!(one(&json).unwrap(), text);
    assert_eq!((text.name.as_str(), text.severity), ("Container Died", 4));
    assert_eq!(text.event_type.name(), "containerd");
    assert_eq!(text.time.unwrap().to_string(), "2026-11-19T10:00:00.123456789Z");
    assert_eq!(text.description, format!("Event: /tasks/exit; ID: {ID}; exitCode: 137"));
    assert_eq!(
        labels(&text),
        "container.id = '9f86d081884c' and containerd.event.action = 'exit' and \
         containerd.event.type = 'tasks' and containerd.exit_status = '137' and \
         containerd.namespace = 'k8s.io' and containerd.pid = '7'"
    );
    // An object in place of the text, as `jq` makes one.
    let object = json.replace(&quoted, &event);
    assert_eq!(one(&object).unwrap(), text);
}

#[test]
fn a_container_is_known_from_its_creation_on() {
    let create = format!(r#"{{"id":"{ID}","image":"web:1","runtime":{{"name":"runc"}}}}"#);
    let oom = format!(r#"{{"container_id":"{ID}"}}"#);
    let dump = line("/containers/create", &create) + &line("/tasks/oom", &oom);
    let outcome = read(dump);
    assert_eq!(outcome.lines(), ["1 Container Created", "2 Container Out of Memory"]);
    assert_eq!(outcome.format, Some(Format::Containerd));
    let last = outcome.records[1].content.as_ref().unwrap();
    assert_eq!(last.labels.get("container.image"), Some("web:1"));
    let first = outcome.records[0].content.as_ref().unwrap();
    assert_eq!(first.labels.get("containerd.runtime.name"), Some("runc"));
}

#[test]
fn names_are_known_in_their_own_namespace() {
    let of = |namespace: &str, topic: &str, event: &str| {
        format!("2026-11-19 10:00:00 +0000 UTC {namespace} {topic} {event}\n")
    };
    let dump = [
        of("a", "/containers/create", r#"{"id":"redis","image":"redis:7"}"#),
        of("b", "/tasks/start", r#"{"container_id":"redis","pid":1}"#),
        of("a", "/tasks/start", r#"{"container_id":"redis","pid":2}"#),
    ];
    let outcome = read(dump.concat());
    let image = |at: usize| {
        let draft = outcome.records[at].content.as_ref().unwrap();
        draft.labels.get("container.image").map(str::to_owned)
    };
    assert_eq!((image(1), image(2)), (None, Some("redis:7".to_owned())));
}

#[test]
fn topics_have_names() {
    for (topic, event, name, severity) in [
        ("/tasks/exit", r#"{"container_id":"a","id":"b"}"#, "Container exec_die", 6),
        ("/tasks/exit", r#"{"container_id":"a"}"#, "Container Died", 4),
        ("/tasks/create", r#"{"container_id":"a"}"#, "Task create", 6),
        ("/tasks/paused", r#"{"container_id":"a"}"#, "Container Paused", 6),
        ("/containers/delete", r#"{"id":"a"}"#, "Container Destroyed", 4),
        ("/images/create", r#"{"name":"docker.io/library/a:1"}"#, "Image create", 6),
        ("/images/delete", r#"{"name":"docker.io/library/a:1"}"#, "Image Deleted", 6),
        ("/snapshot/prepare", r#"{"key":"a","snapshotter":"overlayfs"}"#, "Snapshot prepare", 6),
        ("/sandboxes/start", r#"{"sandbox_id":"a"}"#, "Sandbox start", 6),
        ("/new/thing", "{}", "new thing", 6),
        ("/new/thing", "", "new thing", 6),
    ] {
        let draft = one(&line(topic, event)).unwrap();
        assert_eq!((draft.name.as_str(), draft.severity), (name, severity), "{topic}");
    }
    let draft = one(&line("/tasks/exit", r#"{"container_id":"a","id":"b"}"#)).unwrap();
    assert_eq!(draft.description, "Event: /tasks/exit; ID: a; exec: b; exitCode: 0");
    let draft = one(&line("/images/delete", r#"{"name":"a:1"}"#)).unwrap();
    assert_eq!(draft.labels.get("containerd.image"), Some("a:1"));
}

#[test]
fn what_is_cut_off_is_a_reject_and_other_lines_are_text() {
    let cut = line("/tasks/exit", r#"{"container_id":"a","id":"#);
    let reason =
        r#"1 REJECT event is `{"container_id":"a","id":`; expected a JSON object that is whole"#;
    assert_eq!(read(&cut).lines(), [reason]);
    for text in [
        "2026-11-19 10:00:00 +0000 UTC the /etc/passwd is read",
        "2026-11-19 10:00:00 +0000 UTC k8s.io /tasks/exit and more",
        "2026-11-19 10:00:00 +0000 UTC k8s.io",
        "2026-11-19 10:00:00 +0000",
    ] {
        let outcome = read(text);
        assert_eq!((outcome.records.len(), outcome.counts.skipped_text), (0, 1), "{text}");
    }
    let undated = r#"{"Timestamp":"","Namespace":"a","Topic":"/a/b","Event":""}"#;
    assert_eq!(read(undated).lines(), ["1 REJECT no containerd event: Timestamp is missing"]);
}
