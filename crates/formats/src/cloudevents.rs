//! CloudEvents 1.0 in structured JSON (one event, a batch as an array), and CDEvents, which came
//! before with a `context` and a `subject`.
//!
//! ```text
//!                CloudEvents                        CDEvents
//! type, source   `custom`, `cloudevents`            the same
//! name           type                               the words of context.type:
//!                                                   `dev.cdevents.incident.detected.0.3.0` is
//!                                                   `incident detected`
//! description    the first of data.message,         subject.content.description, else comment,
//!                data.description, data if it is    uri of subject.content
//!                a text
//! severity       the first of severity,             3 if subject.content.outcome is failure or
//!                severitytext, data.severity,       error; 4 of an incident detected; else 6
//!                data.level that is known; else 6
//! time           time, else the time of import      context.timestamp
//! labels
//!   event.type, event.source, event.subject
//!                type, source, subject              type and source of context, subject.id
//!   others       extensions under their names;      values in subject and customData under
//!                values in data under data.PATH     their paths
//! uid            cloudevents:<content hash> of      the same of context
//!                type, source, id
//! ```
//!
//! By its specification an event is told from others by source and id; the type is taken along
//! because producers were met that use one id for a whole chain of events. A CDEvent in the data of
//! a CloudEvent is the same event as by itself. Links between events
//! and the addresses of schemas make no labels, and neither do values of more than 256 bytes.

use crate::{
    Format, Reject,
    extent::Keys,
    flatten::{Flat, Other, Rest, Wanted, flatten},
    hints::Hints,
    identity::ContentHash,
    severity,
    source::{Input, Run, Source},
    wire::Moment,
};
use eventscope_model::{Draft, EventType, Labels, Severity, UidTime};

pub(crate) const SOURCE: Source =
    Source { format: Format::Cloudevents, detect, read, carries: true, read_line: None };

/// What begins the types of CDEvents.
const CDEVENTS: &str = "dev.cdevents.";

/// The fields that are looked for, sorted; the others may become labels.
const PATHS: [&str; 27] = [
    "context.id",
    "context.source",
    "context.timestamp",
    "context.type",
    "data",
    "data.context.type",
    "data.description",
    "data.level",
    "data.message",
    "data.severity",
    "data.subject.content.comment",
    "data.subject.content.description",
    "data.subject.content.outcome",
    "data.subject.content.uri",
    "data.subject.id",
    "id",
    "severity",
    "severitytext",
    "source",
    "subject",
    "subject.content.comment",
    "subject.content.description",
    "subject.content.outcome",
    "subject.content.uri",
    "subject.id",
    "time",
    "type",
];

/// Where a CDEvent has its fields when it is the data of a CloudEvent. In other data these are
/// values like any others.
const CARRIED: [&str; 6] = [
    "data.context.type",
    "data.subject.content.comment",
    "data.subject.content.description",
    "data.subject.content.outcome",
    "data.subject.content.uri",
    "data.subject.id",
];

/// Paths that make no labels, nor what is below them.
const NO_LABELS: [&str; 6] =
    ["context", "specversion", "datacontenttype", "dataschema", "data_base64", "schemauri"];

fn detect(keys: Keys<'_>) -> bool {
    let has_all = |all: [&str; 3]| all.iter().all(|key| keys.has(key));
    (keys.has("specversion") && has_all(["id", "source", "type"]))
        || (keys.has("context") && keys.has("subject") && !keys.has("specversion"))
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    run.give(input.line, draft(input, &run.hints))
}

/// The values that were looked for.
struct Fields(Flat);

impl Fields {
    /// Whether the event is a CDEvent in a CloudEvent.
    fn is_carried(&self) -> bool {
        self.first(&["data.context.type"]).is_some_and(|kind| kind.starts_with(CDEVENTS))
    }

    /// What may say the severity.
    fn severities(&self) -> [Option<&str>; 4] {
        ["severity", "severitytext", "data.severity", "data.level"].map(|path| self.first(&[path]))
    }

    /// A field of a CDEvent, by itself or in a CloudEvent.
    fn of_cdevent(&self, path: &str) -> Option<&str> {
        if !self.is_carried() {
            return self.first(&[path]);
        }
        let carried = CARRIED.iter().find(|carried| carried.strip_prefix("data.") == Some(path));
        carried.and_then(|carried| self.first(&[carried]))
    }

    /// The first of some fields that is there.
    fn first(&self, paths: &[&str]) -> Option<&str> {
        paths.iter().find_map(|path| {
            let at = PATHS.binary_search(path).ok()?;
            self.0.values.get(at)?.as_deref()
        })
    }
}

fn draft(input: Input<'_>, hints: &Hints<'_>) -> Result<Draft, Reject> {
    let wanted = Wanted { paths: &PATHS, rest: Rest::Labels };
    let fields = Fields(flatten(Format::Cloudevents, input, wanted)?);
    let missing = |field| Reject::Missing { format: Format::Cloudevents, field };
    let kind = fields.first(&["context.type", "type"]).ok_or(missing("type"))?;
    let id = fields.first(&["context.id", "id"]).ok_or(missing("id"))?;
    let source = fields.first(&["context.source", "source"]).ok_or(missing("source"))?;
    let time = fields.first(&["context.timestamp", "time"]).unwrap_or_default();
    let mut draft = Draft::new(EventType::Custom, Format::Cloudevents.name(), name(kind));
    draft.time = Moment::of(time).read("time", hints)?;
    draft.severity = level(&fields, kind).level();
    let content = ["description", "comment", "uri"];
    let content = content.map(|key| fields.of_cdevent(&format!("subject.content.{key}")));
    let description = fields.first(&["data.message", "data.description", "data"]);
    let description = description.or_else(|| content.into_iter().flatten().next());
    draft.description = description.unwrap_or_default().to_owned();
    draft.labels = labels(&fields, kind, source);
    let uid = ContentHash::default().text(kind).text(source).text(id).finish("cloudevents");
    hints.map_severity(&mut draft, fields.severities());
    let fixed = if draft.time.is_some() { UidTime::Fixed } else { UidTime::Free };
    Ok(draft.uid(uid, fixed))
}

/// The fields that are labels under names of their own, and the rest. The data of a CloudEvent that
/// is a CDEvent is named as if it stood alone.
fn labels(fields: &Fields, kind: &str, source: &str) -> Labels {
    let is_carried = fields.is_carried();
    let mut labels: Vec<(String, String)> = Vec::new();
    for Other { path, value, .. } in &fields.0.rest {
        let path = path.strip_prefix("data.").filter(|_| is_carried).unwrap_or(path);
        let first = path.split('.').next().unwrap_or_default();
        if !NO_LABELS.contains(&first) {
            labels.push((path.to_owned(), value.clone()));
        }
    }
    let subject = fields.first(&["subject"]).or_else(|| fields.of_cdevent("subject.id"));
    let own = [
        ("event.type", Some(kind)),
        ("event.source", Some(source)),
        ("event.subject", subject),
        ("subject.content.outcome", fields.of_cdevent("subject.content.outcome")),
    ];
    let carried = CARRIED.map(|path| (path, fields.first(&[path]).filter(|_| !is_carried)));
    let own = own.into_iter().chain(carried);
    labels.extend(own.filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))));
    Labels::from_pairs(labels)
}

/// The type; that of a CDEvent in words, without its version.
fn name(kind: &str) -> String {
    let Some(words) = kind.strip_prefix(CDEVENTS) else { return kind.to_owned() };
    let is_word = |part: &&str| !part.starts_with(|first: char| first.is_ascii_digit());
    let words: Vec<&str> = words.split('.').take_while(is_word).collect();
    if words.is_empty() { kind.to_owned() } else { words.join(" ") }
}

fn level(fields: &Fields, kind: &str) -> Severity {
    let said = fields.severities().into_iter().flatten();
    let known = said.filter_map(|text| severity::read("severity", text).ok()).next();
    known.unwrap_or_else(|| match fields.of_cdevent("subject.content.outcome") {
        Some("failure" | "error") => Severity::Error,
        _ if name(kind) == "incident detected" => Severity::Warning,
        _ => Severity::Informational,
    })
}

#[cfg(test)]
mod tests {
    use super::PATHS;
    use crate::testing::{labels, one, read};

    fn event(fields: &str) -> String {
        format!(
            r#"{{"specversion":"1.0","type":"com.example.deployed","source":"/ci","id":"7"
            {fields}}}"#
        )
    }

    #[test]
    fn the_paths_are_sorted() {
        assert!(PATHS.is_sorted());
    }

    #[test]
    fn extensions_and_data_are_labels() {
        let draft = one(&event(
            r#","time":"2026-11-23T09:00:00Z","subject":"web","region":"west","data":
            {"message":"Deployed","build":89,"node":{"name":"w1"}},"datacontenttype":"x/y""#,
        ))
        .unwrap();
        assert_eq!(
            (draft.name.as_str(), draft.description.as_str()),
            ("com.example.deployed", "Deployed")
        );
        assert_eq!(
            labels(&draft),
            "data.build = '89' and data.node.name = 'w1' and event.source = '/ci' and \
             event.subject = 'web' and event.type = 'com.example.deployed' and region = 'west'"
        );
        assert_eq!(one(&event(r#","data":"a text""#)).unwrap().description, "a text");
    }

    #[test]
    fn what_happened_in_a_pipeline_is_told_in_words() {
        let json = |kind: &str, outcome: &str| {
            format!(
                r#"{{"context":{{"id":"1","source":"/p","type":"dev.cdevents.{kind}.0.3.0",
                "timestamp":"2026-11-23T09:00:00Z","links":[{{"linkType":"END"}}]}},
                "subject":{{"id":"s","content":{{"outcome":"{outcome}"}}}}}}"#
            )
        };
        let check = |kind: &str, outcome: &str, name: &str, severity: u8| {
            let draft = one(&json(kind, outcome)).unwrap();
            assert_eq!((draft.name.as_str(), draft.severity), (name, severity), "{kind}");
            assert!(draft.labels.iter().all(|(key, _)| !key.contains("link")));
        };
        check("incident.detected", "", "incident detected", 4);
        check("testcaserun.finished", "failure", "testcaserun finished", 3);
        check("testcaserun.finished", "success", "testcaserun finished", 6);
    }

    #[test]
    fn a_cdevent_is_the_same_in_a_cloudevent() {
        let bare = r#"{"context":{"id":"7","source":"/ci",
            "type":"dev.cdevents.build.finished.0.3.0","timestamp":"2026-11-23T09:00:00Z",
            "links":[{"linkType":"END"}]},"subject":{"id":"s",
            "content":{"outcome":"failure","uri":"x","node":"n"}},"customData":{"a":1}}"#;
        let around = r#"{"specversion":"1.0","id":"7","source":"/ci","subject":"s",
            "type":"dev.cdevents.build.finished.0.3.0","time":"2026-11-23T09:00:00Z","data":"#;
        let expected = one(bare).unwrap();
        assert_eq!((expected.severity, expected.description.as_str()), (3, "x"));
        assert_eq!(one(&format!("{around}{bare}}}")), Ok(expected));
    }

    #[test]
    fn a_subject_in_the_data_of_others_makes_labels() {
        let fields = r#","data":{"context":{"type":"t"},"subject":{"id":"s","content":{"uri":"x",
            "outcome":"failure"}}}"#;
        let draft = one(&event(fields)).unwrap();
        assert_eq!((draft.severity, draft.description.as_str()), (6, ""));
        assert_eq!(
            labels(&draft),
            "data.context.type = 't' and data.subject.content.outcome = 'failure' and \
             data.subject.content.uri = 'x' and data.subject.id = 's' and event.source = '/ci' \
             and event.type = 'com.example.deployed'"
        );
    }

    #[test]
    fn severities_that_are_known_are_taken() {
        let severity = |fields: &str| one(&event(fields)).unwrap().severity;
        assert_eq!(severity(r#","severity":"error""#), 3);
        assert_eq!(severity(r#","data":{"level":"warn"}"#), 4);
        assert_eq!(severity(r#","severity":"odd","data":{"severity":2}"#), 2);
        assert_eq!(severity(r#","severity":"odd""#), 6);
    }

    #[test]
    fn identity_is_type_source_and_id() {
        let uid = |json: &str| one(json).unwrap().uid.unwrap().text;
        let plain = uid(&event(""));
        assert_eq!(plain, uid(&event(r#","data":{"a":1},"time":"2026-11-23T09:00:00Z""#)));
        for (from, to) in [("\"7\"", "\"8\""), ("/ci", "/cd"), ("deployed", "undone")] {
            assert_ne!(plain, uid(&event("").replace(from, to)));
        }
        let lines = read(event("").replace("\"/ci\"", "null")).lines();
        assert_eq!(lines, ["1 REJECT no cloudevents event: source is missing"]);
    }
}
