//! Events of Suricata: the JSON lines of its EVE log.
//!
//! ```text
//! type            of an alert `policy`, else `custom`
//! source          `suricata`
//! name            alert.signature, else event_type
//! description     of an alert its category, the two ends, the protocol and what was done:
//!                 Attempted Information Leak: 8.42.77.171:49678 -> 138.68.3.71:22 TCP, allowed;
//!                 of others the two ends and the protocol
//! severity        alert.severity 1 is 1, 2 is 3, 3 is 4, another 6; of an anomaly 4, else 6
//! time            timestamp; without an offset it is UTC
//! labels          under their own names event_type, src_ip, src_port, dest_ip, dest_port, proto,
//!                 app_proto, in_iface, flow_id, community_id, http.hostname, tls.sni, dns.rrname;
//!                 alert.action, alert.category, alert.signature_id; host.hostName: host
//! details         policy: rule = alert.signature, summary = description, host
//! uid             suricata:<content hash> of the time and every value of up to 256 bytes under
//!                 its path
//! ```
//!
//! The fields are those of the EVE format's documentation; priorities of rules run from 1 (high)
//! to 3 (low) there.

use crate::{
    Format, Reject,
    extent::Keys,
    flatten::{Flat, Rest, Wanted, flatten},
    hints::Hints,
    identity::ContentHash,
    source::{Input, Run, Source},
    wire::Moment,
};
use eventscope_model::{Details, Draft, EventType, Labels, PolicyDetails, Severity, UidTime};

pub(crate) const SOURCE: Source =
    Source { format: Format::Suricata, detect, read, carries: false, read_line: None };

/// The fields that are looked for, sorted.
const PATHS: [&str; 20] = [
    "alert.action",
    "alert.category",
    "alert.severity",
    "alert.signature",
    "alert.signature_id",
    "app_proto",
    "community_id",
    "dest_ip",
    "dest_port",
    "dns.rrname",
    "event_type",
    "flow_id",
    "host",
    "http.hostname",
    "in_iface",
    "proto",
    "src_ip",
    "src_port",
    "timestamp",
    "tls.sni",
];

/// Those that are no labels, or labels under another name.
const NO_LABELS: [&str; 4] = ["alert.severity", "alert.signature", "host", "timestamp"];

fn detect(keys: Keys<'_>) -> bool {
    keys.has("event_type")
        && keys.has("timestamp")
        && keys.has_any(&["flow_id", "src_ip", "in_iface", "stats"])
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    run.give(input.line, draft(input, &run.hints))
}

/// The values that were looked for.
struct Fields(Flat);

impl Fields {
    fn get(&self, path: &str) -> Option<&str> {
        let at = PATHS.binary_search(&path).ok()?;
        self.0.values.get(at)?.as_deref()
    }

    /// The two ends, the protocol, and of an alert its category and what was done.
    fn description(&self) -> String {
        let end = |ip: &str, port: &str| {
            let port = self.get(port).map(|port| format!(":{port}")).unwrap_or_default();
            self.get(ip).map(|ip| format!("{ip}{port}"))
        };
        let (from, to) = (end("src_ip", "src_port"), end("dest_ip", "dest_port"));
        let ends = match (from, to) {
            (Some(from), Some(to)) => format!("{from} -> {to}"),
            (from, to) => from.or(to).unwrap_or_default(),
        };
        let parts = [Some(ends.as_str()).filter(|ends| !ends.is_empty()), self.get("proto")];
        let mut text = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        if let Some(action) = self.get("alert.action") {
            text = format!("{text}, {action}");
        }
        match self.get("alert.category") {
            Some(category) => format!("{category}: {text}"),
            None => text,
        }
    }

    fn severity(&self) -> Severity {
        match (self.get("event_type"), self.get("alert.severity")) {
            (_, Some("1")) => Severity::Alert,
            (_, Some("2")) => Severity::Error,
            (_, Some("3")) | (Some("anomaly"), None) => Severity::Warning,
            _ => Severity::Informational,
        }
    }
}

fn draft(input: Input<'_>, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let wanted = Wanted { paths: &PATHS, rest: Rest::Labels };
    let fields = Fields(flatten(Format::Suricata, input, wanted)?);
    let missing = |field| Reject::Missing { format: Format::Suricata, field };
    let kind = fields.get("event_type").ok_or(missing("event_type"))?;
    let time = Moment::of(fields.get("timestamp").unwrap_or_default()).read("timestamp", hints)?;
    let time = time.ok_or(missing("timestamp"))?;
    let event_type = if kind == "alert" { EventType::Policy } else { EventType::Custom };
    let rule = fields.get("alert.signature");
    let mut draft = Draft::new(event_type, Format::Suricata.name(), rule.unwrap_or(kind));
    draft.time = Some(time);
    draft.severity = fields.severity().level();
    draft.description = fields.description();
    let given = |path: &&str| Some(((*path).to_owned(), fields.get(path)?.to_owned()));
    let mut labels: Vec<(String, String)> =
        PATHS.iter().filter(|path| !NO_LABELS.contains(path)).filter_map(given).collect();
    labels.extend(fields.get("host").map(|host| ("host.hostName".to_owned(), host.to_owned())));
    draft.labels = Labels::from_pairs(labels);
    if event_type == EventType::Policy {
        draft.details = Some(Details::Policy(PolicyDetails {
            host: fields.get("host").map(str::to_owned),
            rule: rule.map(str::to_owned),
            summary: Some(draft.description.clone()).filter(|text| !text.is_empty()),
            ..PolicyDetails::default()
        }));
    }
    let values = PATHS.iter().filter_map(given);
    let others = fields.0.rest.iter().map(|other| (other.path.clone(), other.value.clone()));
    let all = Labels::from_pairs(values.chain(others).collect());
    let uid = ContentHash::default().number(time.nanos()).pairs(&all).finish("suricata");
    hints.map_severity(&mut draft, [fields.get("alert.severity")]);
    Ok(draft.uid(uid, UidTime::Fixed))
}

#[cfg(test)]
mod tests {
    use super::PATHS;
    use crate::testing::{labels, one, read};
    use eventscope_model::EventType;

    fn event(fields: &str) -> String {
        format!(r#"{{"timestamp":"2026-11-23T09:00:00.311+0100","flow_id":7{fields}}}"#)
    }

    #[test]
    fn the_paths_are_sorted() {
        assert!(PATHS.is_sorted());
    }

    #[test]
    fn an_alert_is_a_policy_violation() {
        let draft = one(&event(
            r#","event_type":"alert","src_ip":"8.8.8.8","src_port":53,"dest_ip":"10.0.0.1",
            "proto":"UDP","host":"sensor-1","alert":{"action":"blocked","signature_id":2001219,
            "signature":"ET SCAN Potential SSH Scan","category":"Leak","severity":2}"#,
        ))
        .unwrap();
        assert_eq!((draft.event_type, draft.severity), (EventType::Policy, 3));
        assert_eq!(draft.name, "ET SCAN Potential SSH Scan");
        assert_eq!(draft.description, "Leak: 8.8.8.8:53 -> 10.0.0.1 UDP, blocked");
        assert_eq!(draft.time.unwrap().to_string(), "2026-11-23T08:00:00.311Z");
        assert_eq!(draft.labels.get("host.hostName"), Some("sensor-1"));
        assert_eq!(draft.labels.get("alert.signature_id"), Some("2001219"));
    }

    #[test]
    fn other_events_are_custom() {
        let draft = one(&event(r#","event_type":"dns","dns":{"rrname":"a.example","rcode":"x"}"#));
        let draft = draft.unwrap();
        assert_eq!((draft.event_type, draft.name.as_str()), (EventType::Custom, "dns"));
        assert_eq!(
            labels(&draft),
            "dns.rrname = 'a.example' and event_type = 'dns' and flow_id = '7'"
        );
    }

    #[test]
    fn severities_of_rules() {
        for (theirs, ours) in [("1", 1), ("2", 3), ("3", 4), ("255", 6)] {
            let fields = format!(r#","event_type":"alert","alert":{{"severity":{theirs}}}"#);
            assert_eq!(one(&event(&fields)).unwrap().severity, ours, "{theirs}");
        }
        assert_eq!(one(&event(r#","event_type":"anomaly""#)).unwrap().severity, 4);
    }

    #[test]
    fn whatever_differs_is_another_event() {
        let uid = |fields: &str| {
            one(&event(&format!(r#","event_type":"dns"{fields}"#))).unwrap().uid.unwrap().text
        };
        assert_eq!(uid(r#","a":1,"b":{"c":2}"#), uid(r#", "b": {"c": 2}, "a": 1"#));
        assert_ne!(uid(r#","dns":{"answer":"1.1.1.1"}"#), uid(r#","dns":{"answer":"1.1.1.2"}"#));
        let lines = read(r#"{"timestamp":"soon","event_type":"dns","flow_id":7}"#).lines();
        assert!(lines[0].starts_with("1 REJECT timestamp is `soon`"), "{lines:?}");
    }
}
