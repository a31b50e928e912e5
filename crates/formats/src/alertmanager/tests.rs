//! Tests of the field table and of all wire forms.

use crate::testing::{labels, one, read};
use eventscope_model::{Details, Draft, Timestamp, UidTime};

const START: &str = "2026-11-23T09:00:00Z";

#[track_caller]
fn draft(json: &str) -> Draft {
    one(json).unwrap_or_else(|reject| panic!("{json}: {reject}"))
}

/// State and end of an alert.
#[track_caller]
fn life(json: &str) -> String {
    let draft = draft(json);
    let end = draft.end_time.map_or_else(|| "none".to_owned(), |end| end.to_string());
    format!("{}, end {end}", draft.state)
}

fn alert(fields: &str) -> String {
    format!(r#"{{"labels":{{"alertname":"A","instance":"i"}},"startsAt":"{START}"{fields}}}"#)
}

fn webhook(status: &str, alerts: &str) -> String {
    format!(r#"{{"status":"{status}","groupLabels":{{"alertname":"A"}},"alerts":[{alerts}]}}"#)
}

#[test]
fn the_fields_of_an_alert() {
    let json = webhook(
        "firing",
        &alert(
            r#","status":"firing","endsAt":"0001-01-01T00:00:00Z","fingerprint":"f00d",
            "annotations":{"summary":"s","message":"m","runbook":"r","empty":null,"number":5},
            "generatorURL":"http://p/graph?g0.expr=up+%3D%3D+0&g0.tab=1""#,
        ),
    );
    let event = draft(&json);
    assert_eq!((event.name.as_str(), event.description.as_str()), ("A", "m"));
    assert_eq!(event.source, "alertmanager");
    assert_eq!(labels(&event), "alertname = 'A' and instance = 'i'");
    assert_eq!(event.tags.scope(), "number = '5' and runbook = 'r'");
    let uid = event.uid.unwrap();
    let expected = ("alert:f00d@1795424400000000000", UidTime::Fixed);
    assert_eq!((uid.text.as_str(), uid.time), expected);
    let Some(Details::Alert(details)) = event.details else { panic!("no details") };
    assert_eq!(details.trigger.as_deref(), Some("s"));
    assert_eq!(details.entity.as_deref(), Some("i"));
    assert_eq!(details.alert_name.as_deref(), Some("A"));
    assert_eq!(details.alert_type.as_deref(), Some("prometheus"));
    assert_eq!(details.metrics, ["up"]);
    assert_eq!(details.condition.as_deref(), Some("up == 0"));
    assert_eq!(details.scope.as_deref(), Some("alertname = 'A' and instance = 'i'"));
    assert_eq!(details.segment.as_deref(), Some("alertname = 'A'"));
}

#[test]
fn an_alert_without_names_has_one_all_the_same() {
    let json = |annotations: &str| {
        format!(r#"{{"labels":null,"startsAt":"{START}","annotations":{annotations}}}"#)
    };
    assert_eq!(draft(&json(r#"{"summary":"s"}"#)).name, "s");
    assert_eq!(draft(&json(r#"{"summary":"s"}"#)).description, "s");
    assert_eq!(draft(&json("null")).name, "unnamed alert");
    assert_eq!(draft(&json("null")).tags.len(), 0);
}

#[test]
fn severities() {
    let of = |word: &str| {
        let json = format!(r#"{{"labels":{{"severity":{word}}},"startsAt":"{START}"}}"#);
        draft(&json).severity
    };
    let words = ["page", "Critical", "major", "minor", "low", "none", "debug", "some"];
    let levels = words.map(|word| of(&format!("\"{word}\"")));
    assert_eq!(levels, [0, 1, 3, 4, 5, 6, 7, 4]);
    assert_eq!([of("null"), of("3"), of("\"emergency\""), of("\"notice\"")], [4, 4, 0, 5]);
}

#[test]
fn the_state_is_what_is_said_and_an_expiry_is_no_end() {
    let end = r#","endsAt":"2026-11-23T09:05:00Z""#;
    let said = |status: &str| alert(&format!(r#","status":{status}{end}"#));
    assert_eq!(life(&said(r#""firing""#)), "triggered, end none");
    assert_eq!(life(&said(r#""resolved""#)), "resolved, end 2026-11-23T09:05:00Z");
    for state in ["active", "suppressed", "unprocessed"] {
        let status = format!(r#"{{"state":"{state}","silencedBy":["x"]}}"#);
        assert_eq!(life(&said(&status)), "triggered, end none", "{state}");
    }
    assert_eq!(life(&alert(r#","status":"resolved""#)), "resolved, end none");
    let never = alert(r#","status":"resolved","endsAt":"0001-01-01T00:00:00.000Z""#);
    assert_eq!(life(&never), "resolved, end none");
    // The alert's own status goes before that of its webhook.
    assert_eq!(life(&webhook("resolved", &said(r#""firing""#))), "triggered, end none");
    assert_eq!(
        life(&webhook("firing", &said(r#""resolved""#))),
        "resolved, end 2026-11-23T09:05:00Z"
    );
    assert_eq!(life(&webhook("resolved", &alert(""))), "resolved, end none");
    assert_eq!(life(&webhook("firing", &alert(end))), "triggered, end none");
}

#[test]
fn without_any_status_an_end_is_a_lease() {
    let end = r#","endsAt":"2026-11-23T09:05:00Z""#;
    assert_eq!(life(&alert("")), "triggered, end none");
    assert_eq!(life(&alert(end)), "triggered, end none");
    assert_eq!(
        life(&alert(&format!(r#"{end},"updatedAt":"2026-11-24T09:00:00Z""#))),
        "triggered, end none"
    );
}

#[test]
fn states_of_other_words() {
    let state = |word: &str| read(alert(&format!(r#","state":"{word}""#)));
    for word in ["pending", "inactive", "Normal", "ok", "expired", "Paused"] {
        let outcome = state(word);
        assert_eq!((outcome.records.len(), outcome.counts.not_fired), (0, 1), "{word}");
    }
    for word in ["firing", "Alerting", "NoData", "Error", "active", "suppressed"] {
        assert_eq!(state(word).counts.not_fired, 0);
        assert_eq!(life(&alert(&format!(r#","state":"{word}""#))), "triggered, end none");
    }
    assert_eq!(life(&webhook("ok", &alert(""))), "resolved, end none");
    let refused = one(&alert(r#","state":"banana""#)).unwrap_err().to_string();
    assert!(refused.starts_with("state is `banana`; expected firing, resolved"), "{refused}");
}

#[test]
fn other_answers_of_the_same_shape_are_none() {
    for data in [r#"{"resultType":"vector","result":[]}"#, r#"["a","b"]"#, "7", r#"{"a":1}"#] {
        let outcome = read(format!(r#"{{"status":"success","data":{data}}}"#));
        assert_eq!((outcome.format, outcome.counts.other_documents), (None, 1), "{data}");
    }
    for data in ["[]", r#"{"alerts":[]}"#, r#"{"groups":[]}"#] {
        let outcome = read(format!(r#"{{"status":"success","data":{data}}}"#));
        assert_eq!(outcome.counts.empty_lists, 1, "{data}");
    }
}

#[test]
fn an_alert_has_one_identity_whichever_way_it_comes() {
    let uid = |json: &str| draft(json).uid.unwrap().text;
    // What Alertmanager itself computes for these labels; part of the uids in every store.
    let expected = "alert:cb951762f04bd395@1795424400000000000";
    let payload = format!(r#""payload":{{"activeSince":"{START}"}}"#);
    for json in [
        alert(""),
        alert(r#","fingerprint":"cb951762f04bd395""#),
        alert("").replace("\"i\"", "\"i\",\"empty\":\"\""),
        alert("").replace("startsAt", "activeAt"),
        format!(r#"{{"version":"1","status":"firing","alert":[{}]}}"#, alert("")),
        format!(r#"{{"version":"1","status":"firing","alert":{}}}"#, alert("")),
        webhook("firing", &alert("").replace(&format!(r#""startsAt":"{START}""#), &payload)),
        format!(r#"{{"status":"success","data":[{}]}}"#, alert("")),
        format!(r#"{{"status":"success","data":{{"alerts":[{}]}}}}"#, alert("")),
        format!(r#"{{"labels":{{"a":"b"}},"receiver":{{"name":"r"}},"alerts":[{}]}}"#, alert("")),
        format!(r#"{{"status":"success","data":[{{"blocks":[{{"alerts":[{}]}}]}}]}}"#, alert("")),
    ] {
        assert_eq!(uid(&json), expected, "{json}");
    }
    assert_ne!(uid(&alert("").replace(START, "2026-11-23T09:00:01Z")), expected);
    assert_ne!(uid(&alert("").replace("\"i\"", "\"j\"")), expected);
}

#[test]
fn the_group_of_an_alert_is_its_segment() {
    let segment = |json: &str| match draft(json).details {
        Some(Details::Alert(details)) => details.segment,
        _ => panic!("no details"),
    };
    let api = |group: &str| {
        format!(r#"[{{"labels":{group},"receiver":{{"name":"r"}},"alerts":[{}]}}]"#, alert(""))
    };
    assert_eq!(segment(&api(r#"{"job":"db"}"#)).as_deref(), Some("job = 'db'"));
    assert_eq!(segment(&api("{}")), None);
    let old = alert("");
    let old = format!(r#"{{"labels":{{"job":"db"}},"blocks":[{{"alerts":[{old}]}}]}}"#);
    let old = format!(r#"{{"status":"success","data":[{old}]}}"#);
    assert_eq!(segment(&old).as_deref(), Some("job = 'db'"));
}

#[test]
fn one_bad_alert_is_one_reject() {
    let good = alert("");
    let bad = good.replace(START, "${START}");
    let shape = r#"{"labels":["a"]}"#;
    let json = format!(
        "\n{{\"receiver\":\"r\",\"groupKey\":17,\n\"alerts\":[\n{good},\n\n\
         {bad},{shape},\n{good}]}}"
    );
    assert_eq!(
        read(&json).lines(),
        [
            "4 A",
            "6 REJECT alert 2: startsAt is `${START}`: not a time; write 2026-11-23T09:00:00Z, \
             2026-11-23 or a Unix number",
            "6 REJECT alert 3: no alertmanager event: invalid type: sequence, expected an object \
             of texts",
            "7 A",
        ]
    );
    let none = webhook("firing", r#"{"labels":{"alertname":"A"}}"#);
    assert_eq!(
        one(&none).unwrap_err().to_string(),
        "alert 1: no alertmanager event: startsAt is missing"
    );
    let no_list = r#"{"receiver":"r","alerts":7}"#;
    assert_eq!(
        one(no_list).unwrap_err().to_string(),
        "no alertmanager event: its events are no list"
    );
}

#[test]
fn what_holds_no_alert_is_counted() {
    let silence = format!(r#"{{"id":"s","matchers":[],"startsAt":"{START}","status":{{}}}}"#);
    let counts = |json: &str| {
        let outcome = read(json);
        assert_eq!((outcome.records.len(), outcome.error), (0, None), "{json}");
        (outcome.counts.other_documents, outcome.counts.empty_lists)
    };
    assert_eq!(counts(&format!("[{silence},{silence}]")), (2, 0));
    assert_eq!(counts(&format!(r#"{{"status":"success","data":[{silence}]}}"#)), (1, 0));
    assert_eq!(counts(r#"{"status":"success","data":{"resultType":"vector"}}"#), (1, 0));
    assert_eq!(counts(r#"{"status":"success","data":[]}"#), (0, 1));
    assert_eq!(counts(r#"{"status":"firing","receiver":"r","alerts":[]}"#), (0, 1));
}

#[test]
fn the_lists_of_grafana_are_read() {
    // Below /api/alertmanager/grafana, /api/prometheus/grafana/api/v1/alerts and .../rules.
    let alert = r#"{"labels":{"alertname":"A","pod":"db-1"},"annotations":{"__orgId__":"1"},
        "startsAt":"2026-11-23T09:00:00Z","endsAt":"2026-11-23T09:14:00Z","receivers":
        [{"active":null,"integrations":null,"name":"mail"}],"fingerprint":"3b1c6a2f9d0e4b57",
        "status":{"inhibitedBy":[],"silencedBy":[],"state":"active"}}"#;
    let fires = one(&format!("[{alert}]")).unwrap();
    assert_eq!((fires.state.name(), fires.end_time), ("triggered", None));
    assert_eq!(fires.labels.get("kubernetes.pod.name"), Some("db-1"));
    let series = |pod: &str, state: &str| {
        format!(
            r#"{{"labels":{{"alertname":"A","pod":"{pod}"}},"annotations":{{}},"value":"",
            "state":"{state}","activeAt":"2026-11-23T09:00:00Z"}}"#
        )
    };
    let states = ["Alerting", "Normal (NoData)", "Alerting (Error)", "Pending", "NoData", "Normal"];
    let all = states.map(|state| series(state, state)).join(",");
    let listed = format!(r#"{{"status":"success","data":{{"alerts":[{all}]}}}}"#);
    let rule = format!(
        r#"{{"state":"firing","name":"A","query":"q","type":"alerting","alerts":[{all}],
        "totals":{{"alerting":2}},"labels":{{"team":"db"}},"health":"ok"}},{{"state":"inactive",
        "name":"B","query":"q","type":"alerting","health":"ok"}}"#
    );
    let rules = format!(
        r#"{{"status":"success","data":{{"groups":[{{"name":"g","file":"f","rules":[{rule}],
        "totals":{{"firing":1}}}}],"totals":{{"firing":1}}}}}}"#
    );
    for json in [listed, rules] {
        let outcome = read(&json);
        assert_eq!(outcome.lines().len(), 3, "{json}: {outcome:?}");
        assert!(outcome.records.iter().all(|record| record.content.is_ok()), "{outcome:?}");
        assert_eq!(outcome.counts.not_fired, 3);
    }
}

#[test]
fn an_end_that_is_not_behind_the_start_is_dropped_and_said_to_be() {
    let over = |end: &str| {
        let alert = format!(
            r#"{{"status":"resolved","labels":{{"alertname":"A"}},"startsAt":"{START}",
            "endsAt":"{end}"}}"#
        );
        let event = draft(&format!(r#"{{"version":"1","receiver":"r","alerts":[{alert}]}}"#));
        assert_eq!(event.state.name(), "resolved");
        let cut = event.tags.get("eventscope.cut").map(str::to_owned);
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        (text(event.end_time), text(event.closes), cut)
    };
    // What Grafana 12 writes: it closes the event that the alert began with.
    let closes = |end: &str| (None, Some(end.to_owned()), Some("end_time".to_owned()));
    assert_eq!(over(START), closes(START));
    assert_eq!(over("2026-11-23T08:59:00Z"), closes("2026-11-23T08:59:00Z"));
    let later = "2026-11-23T09:00:01Z";
    assert_eq!(over(later), (Some(later.to_owned()), None, None));
    // An alert that does not say when it ended, or that fires, closes nothing.
    assert_eq!(over("0001-01-01T00:00:00Z"), (None, None, None));
    let fires = format!(
        r#"{{"version":"1","receiver":"r","alerts":[{{"status":"firing","startsAt":"{START}",
        "labels":{{"alertname":"A"}},"endsAt":"{START}"}}]}}"#
    );
    assert_eq!(draft(&fires).closes, None);
}

/// A resolved notice of Grafana 12.0.0 (its issue 106065), in the form of the documentation of its
/// webhook: `startsAt` is the end, and the fingerprint that of the alert.
#[test]
fn a_resolved_notice_of_grafana_12_closes_its_alert() {
    let webhook = |status: &str, start: &str, end: &str| {
        draft(&format!(
            r#"{{"receiver":"ops","status":"{status}","orgId":1,"alerts":[{{"status":"{status}",
            "labels":{{"alertname":"High memory usage","team":"blue","zone":"us-1"}},
            "annotations":{{"summary":"This alert was triggered for zone us-1"}},
            "startsAt":"{start}","endsAt":"{end}","fingerprint":"c6eadffa33fcdf37",
            "generatorURL":"https://grafana.example/alerting/1afz29v7z/edit","values":{{"B":44}},
            "silenceURL":"","dashboardURL":"","panelURL":""}}],
            "groupLabels":{{"alertname":"High memory usage"}},"commonLabels":{{"team":"blue"}},
            "externalURL":"https://grafana.example/","version":"1","groupKey":"g",
            "title":"[{status}]","state":"ok","message":""}}"#
        ))
    };
    let fires = webhook("firing", "2026-11-23T09:00:00.25Z", "0001-01-01T00:00:00Z");
    let over = webhook("resolved", "2026-11-23T09:10:00Z", "2026-11-23T09:10:00Z");
    assert_eq!(fires.life(), Some("alert:c6eadffa33fcdf37"));
    assert_eq!(over.life(), fires.life());
    assert_eq!((fires.closes, over.closes), (None, over.time));
    assert_eq!((over.state.name(), over.end_time, over.check()), ("resolved", None, Ok(())));
}
