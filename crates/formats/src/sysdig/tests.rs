//! Tests of the field tables and of all wire forms.

use crate::testing::{labels, one, read};
use eventscope_model::{AlertDetails, Details, Draft, EventType, UidTime};

const TIME: &str = "2026-11-23T09:09:00Z";

#[track_caller]
fn draft(json: &str) -> Draft {
    one(json).unwrap_or_else(|reject| panic!("{json}: {reject}"))
}

/// One event in a list.
fn event(fields: &str) -> String {
    format!(r#"{{"events":[{{"id":"1","name":"n","timestamp":1795424940000{fields}}}],"total":1}}"#)
}

fn alert_details(draft: Draft) -> AlertDetails {
    match draft.details {
        Some(Details::Alert(details)) => details,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_forms_of_an_event() {
    let v1 = r#"{"id":862301847891861504,"version":1,"createdOn":1795424940000,
        "timestamp":1795424940000,"name":"n","severity":4,"severityLabel":"LOW",
        "filter":"host.mac='aa' and container.id='c1'","tags":{"source":"docker","a":1}}"#;
    let v2 = r#"{"id":"862301847891861504","version":1,"name":"n","severity":"LOW",
        "scope":"host.mac = 'aa'","scopeLabels":{"container.id":"c1"},"timestamp":1795424940000,
        "createdOn":1795424941000,"type":"DOCKER","tags":{"source":"docker","a":"1"}}"#;
    let newest = r#"{"id":"862301847891861504","name":"n","severity":4,"source":"docker",
        "type":"CUSTOM","occurredAt":"2026-11-23T09:09:00Z","createdOn":"2026-11-23T09:09:01Z",
        "scope":"host.mac = 'aa'","tags":[{"source":"docker"},{"a":"1"}],
        "scopeLabels":[{"key":"container.id","value":["c1"]},{"key":"x","value":[]}]}"#;
    for json in [
        v1.to_owned(),
        v2.to_owned(),
        newest.to_owned(),
        format!(r#"{{"event":{v1}}}"#),
        format!(r#"{{"events":[{v1}]}}"#),
        format!(r#"{{"events":[{v2}],"total":9,"matched":1}}"#),
        format!(r#"{{"page":{{"total":1}},"data":[{newest}]}}"#),
    ] {
        let event = draft(&json);
        assert_eq!(event.event_type, EventType::Docker, "{json}");
        assert_eq!((event.source.as_str(), event.name.as_str()), ("docker", "n"));
        assert_eq!(labels(&event), "container.id = 'c1' and host.mac = 'aa'", "{json}");
        assert_eq!(event.tags.scope(), "a = '1' and label.source = 'docker'");
        assert_eq!((event.severity, event.time.unwrap().to_string().as_str()), (4, TIME));
        let uid = event.uid.unwrap();
        let expected = ("sysdig:862301847891861504", UidTime::Free);
        assert_eq!((uid.text.as_str(), uid.time), expected);
    }
}

#[test]
fn types_and_sources() {
    let of = |fields: &str| {
        let event = draft(&event(fields));
        format!("{} of {}", event.event_type, event.source)
    };
    assert_eq!(of(""), "custom of api");
    assert_eq!(of(r#","type":"ALERT""#), "alert of sysdig");
    assert_eq!(of(r#","alertId":7"#), "alert of sysdig");
    assert_eq!(of(r#","category":"kubernetes","type":"x""#), "kubernetes of kubernetes");
    assert_eq!(of(r#","type":"CUSTOM","source":"containerd""#), "containerd of containerd");
    assert_eq!(of(r#","type":"CUSTOM","source":"jenkins""#), "custom of jenkins");
    assert_eq!(of(r#","tags":{"source":"slack"}"#), "custom of slack");
    assert_eq!(of(r#","type":"NOVELTY""#), "custom of api");
}

#[test]
fn severities_and_times() {
    let level = |fields: &str| draft(&event(fields)).severity;
    let words = ["5", "\"6\"", "\"HIGH\"", "\"medium\"", "\"Low\"", "\"NONE\"", "\"warning\""];
    let levels = words.map(|word| level(&format!(r#","severity":{word},"severityLabel":"HIGH""#)));
    assert_eq!(levels, [5, 6, 0, 2, 4, 6, 4]);
    assert_eq!([level(""), level(r#","severity":null,"severityLabel":"MEDIUM""#)], [6, 2]);
    let unknown = draft(&event(r#","severity":8"#));
    assert_eq!((unknown.severity, unknown.tags.get("eventscope.unknown")), (6, Some("severity")));
    let time = |timestamp: &str, created: &str| {
        let json = event(&format!(r#","createdOn":{created}"#))
            .replace("\"timestamp\":1795424940000", &format!("\"timestamp\":{timestamp}"));
        draft(&json).time.map(|time| time.to_string())
    };
    for number in ["1795424940", "1795424940000", "1795424940000000", "\"2026-11-23T09:09:00Z\""] {
        assert_eq!(time(number, "0").as_deref(), Some(TIME), "{number}");
        assert_eq!(time("-62135596800000", number).as_deref(), Some(TIME), "{number}");
        assert_eq!(time("0", number).as_deref(), Some(TIME), "{number}");
    }
    assert_eq!(time("null", "-1"), None);
    let refused = one(&event("").replace("1795424940000", "\"-x\"")).unwrap_err().to_string();
    assert!(refused.starts_with("event 1: timestamp is `-x`: not a time"), "{refused}");
}

#[test]
fn scopes_that_are_no_labels_are_kept() {
    let wide = r#","scope":"agent.id in ('1', '2')""#;
    let custom = draft(&event(wide));
    assert_eq!(custom.tags.get("scope"), Some("agent.id in ('1', '2')"));
    assert!(custom.labels.is_empty());
    let alert = draft(&event(&format!(r#"{wide},"type":"ALERT","scopeLabels":{{"a":"1"}}"#)));
    assert_eq!((alert.tags.get("scope"), labels(&alert)), (None, "a = '1'".to_owned()));
    let details = alert_details(alert);
    assert_eq!(details.scope.as_deref(), Some("agent.id in ('1', '2')"));
    assert_eq!(details.alert_name.as_deref(), Some("n"));
    let refused = one(&event(r#","scopeLabels":7"#)).unwrap_err().to_string();
    assert_eq!(
        refused,
        "event 1: no sysdig event: scopeLabels is neither an object nor a list of keys and values"
    );
}

#[test]
fn the_life_of_an_alert() {
    let life = |fields: &str| {
        let event = draft(&event(&format!(r#","type":"ALERT"{fields}"#)));
        let end = event.end_time.map_or_else(|| "none".to_owned(), |end| end.to_string());
        let mark = event.acknowledgement.map(|mark| mark.at.to_string());
        format!("{}, end {end}, {}", event.state, mark.as_deref().unwrap_or("not acknowledged"))
    };
    let ended = r#","endedAt":"2026-11-23T09:20:00Z""#;
    assert_eq!(life(""), "triggered, end none, not acknowledged");
    let over = "resolved, end 2026-11-23T09:20:00Z, not acknowledged";
    assert_eq!(life(&format!(r#"{ended},"alertState":"RESOLVED""#)), over);
    assert_eq!(life(&format!(r#"{ended},"state":"OK""#)), over);
    assert_eq!(life(&format!(r#"{ended},"resolved":true"#)), over);
    assert_eq!(life(ended), over);
    assert_eq!(life(r#","status":"unacknowledged""#), "triggered, end none, not acknowledged");
    let going_on = life(&format!(r#"{ended},"alertState":"TRIGGERED","acknowledged":false"#));
    assert_eq!(going_on, "triggered, end none, not acknowledged");
    assert_eq!(life(r#","acknowledged":true"#), format!("triggered, end none, {TIME}"));
    let marked = life(r#","acknowledged":true,"modifiedOn":1795425000000"#);
    assert_eq!(marked, "triggered, end none, 2026-11-23T09:10:00Z");
    // What cannot be resolved or acknowledged is taken without.
    let custom = draft(&event(r#","alertState":"RESOLVED","acknowledged":true"#));
    assert_eq!((custom.state.name(), custom.acknowledgement), ("triggered", None));
}

#[test]
fn an_event_without_an_id_and_the_oldest_form() {
    let json = r#"{"event":{"text":"t","content":"c","severity":6,"host":"h"}}"#;
    let event = draft(json);
    assert_eq!((event.name.as_str(), event.description.as_str()), ("t", "c"));
    assert_eq!(labels(&event), "host.hostName = 'h'");
    // Part of the uids in every store: it must never change.
    assert_eq!(event.uid.unwrap().text, "sysdig:c656f92d2481ffde4fa1d4f35592ced5");
    assert_eq!(one(r#"{"event":{}}"#).unwrap_err().to_string(), "no sysdig event: name is missing");
}

#[test]
fn policy_events() {
    let flat = r#"{"id":"p1","timestamp":1795424940000000000,"severity":SEVERITY,"policyId":12,
        "ruleName":"Write below etc","name":"Files","output":"File below /etc","agentId":5,
        "containerId":"c1","hostMac":"aa","source":"syscall",
        "labels":{"host.hostName":"h","container.image.repo":"nginx","container.name":null}}"#;
    let event = draft(&flat.replace("SEVERITY", "4"));
    assert_eq!(event.event_type, EventType::Policy);
    assert_eq!(
        (event.name.as_str(), event.description.as_str()),
        ("Write below etc", "File below /etc")
    );
    assert_eq!(event.time.unwrap().to_string(), TIME);
    assert_eq!(
        labels(&event),
        "container.id = 'c1' and container.image.repo = 'nginx' and host.hostName = 'h' and \
         host.mac = 'aa'"
    );
    assert_eq!(
        event.tags.scope(),
        "agentId = '5' and falco.source = 'syscall' and policy = 'Files' and policyId = '12'"
    );
    assert_eq!(event.uid.as_ref().unwrap().text, "sysdig:p1");
    let Some(Details::Policy(details)) = event.details else { panic!("no details") };
    assert_eq!(details.rule.as_deref(), Some("Write below etc"));
    assert_eq!(details.summary.as_deref(), Some("File below /etc"));
    assert_eq!(details.image.as_deref(), Some("nginx"));
    assert_eq!(details.host_mac.as_deref(), Some("aa"));
    let level = |word: &str| draft(&flat.replace("SEVERITY", word)).severity;
    let levels = ["0", "1", "2", "3", "4", "5", "6", "7", "\"Low\"", "null"].map(level);
    assert_eq!(levels, [0, 0, 0, 0, 2, 2, 4, 6, 4, 6]);

    let nested = r#"{"id":"p2","timestamp":"2026-11-23T09:09:00Z","name":"Files","severity":7,
        "originator":"policy","machineId":"aa","content":{"policyId":544,"ruleName":"R",
        "output":"o","fields":{"falco.rule":"R"}}}"#;
    for json in [
        nested.to_owned(),
        format!(r#"{{"page":{{"total":1}},"data":[{nested}]}}"#),
        format!(r#"{{"data":{{"policyEvents":[{nested}]}},"page":{{}}}}"#),
    ] {
        let event = draft(&json);
        assert_eq!((event.name.as_str(), event.tags.get("policyId")), ("R", Some("544")), "{json}");
        assert_eq!(labels(&event), "host.mac = 'aa'");
    }
}

#[test]
fn the_webhook_of_a_notification_channel() {
    let json = |state: &str| {
        format!(
            r#"{{"timestamp":1795424940000000,"timespan":60000000,"alert":{{"severity":2,
            "severityLabel":"MEDIUM","id":42,"name":"Cpu","description":null,
            "subject":"Cpu is high",
            "scope":"kubernetes.cluster.name = 'west'","editUrl":"",
            "body":"Scope: x\n\n  Segment by: host.hostName\nWhen: y"}},"event":{{"id":7,"url":""}},
            "state":"{state}","resolved":false,"entities":[{{"entity":"host.hostName = 'h'",
            "metricValues":[{{"metric":"cpu.used.percent","aggregation":"avg","value":91.5}},
            {{"metric":"cpu.used.percent","value":1}},{{"metric":"load","value":2}}]}}],
            "condition":"avg(cpu.used.percent) > 90","source":"Sysdig Cloud",
            "labels":{{"a":"b"}}}}"#
        )
    };
    let event = draft(&json("ACTIVE"));
    assert_eq!((event.name.as_str(), event.description.as_str()), ("Cpu", "Cpu is high"));
    assert_eq!((event.severity, event.time.unwrap().to_string().as_str()), (2, TIME));
    assert_eq!(
        labels(&event),
        "a = 'b' and host.hostName = 'h' and kubernetes.cluster.name = 'west'"
    );
    assert_eq!((event.state.name(), event.end_time), ("triggered", None));
    assert_eq!(event.uid.as_ref().unwrap().text, "sysdig:7");
    let details = alert_details(event);
    assert_eq!(details.trigger.as_deref(), Some("cpu.used.percent = 91.5"));
    assert_eq!(details.entity.as_deref(), Some("host.hostName = 'h'"));
    assert_eq!(details.metrics, ["cpu.used.percent", "load"]);
    assert_eq!(details.condition.as_deref(), Some("avg(cpu.used.percent) > 90"));
    assert_eq!(details.scope.as_deref(), Some("kubernetes.cluster.name = 'west'"));
    assert_eq!(details.segment.as_deref(), Some("host.hostName"));
    let over = draft(&json("OK"));
    assert_eq!((over.state.name(), over.time), ("resolved", None));
    assert_eq!(over.end_time.unwrap().to_string(), TIME);
    let refused = one(&json("OK").replace("1795424940000000", "0")).unwrap_err().to_string();
    assert_eq!(refused, "no sysdig event: timestamp is missing");
    for word in ["banana", "pending"] {
        let refused = one(&json(word)).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("state is `{word}`")), "{refused}");
    }
}

#[test]
fn lists_with_bad_events_and_without_any() {
    let json = "{\"total\":2,\n\"events\":[\n{\"name\":\"a\"},\n\n{\"id\":1},7]}";
    assert_eq!(
        read(json).lines(),
        [
            "3 a",
            "5 REJECT event 2: no sysdig event: name is missing",
            "5 REJECT event 3: no sysdig event: invalid type: integer `7`, expected an object",
        ]
    );
    for empty in [
        r#"{"events":[],"total":0}"#,
        r#"{"events":[]}"#,
        r#"{"page":{"total":0},"data":[]}"#,
        r#"{"page":{"total":0},"data":null}"#,
    ] {
        let outcome = read(empty);
        assert_eq!((outcome.records.len(), outcome.counts.empty_lists), (0, 1), "{empty}");
    }
    for other in [r#"{"event":1,"@timestamp":"x"}"#, r#"{"data":[],"page":1,"x":2}"#, "{}"] {
        assert_eq!(read(other).counts.other_documents, 1, "{other}");
    }
}
