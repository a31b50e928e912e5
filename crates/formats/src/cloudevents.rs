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
//! because producers were met that use one id for a whole chain of events. Links between events
//! and the addresses of schemas make no labels, and neither do values of more than 256 bytes.

use crate::{
    Format, Reject,
    extent::Keys,
    flatten::{Flat, Rest, Wanted, flatten},
    identity::ContentHash,
    severity,
    source::{Input, Run, Source},
    wire::Moment,
};
use eventscope_model::{Draft, EventType, Labels, Severity, UidTime};

pub(crate) const SOURCE: Source =
    Source { format: Format::Cloudevents, detect, read, read_line: None };

/// What begins the types of CDEvents.
const CDEVENTS: &str = "dev.cdevents.";

/// The fields that are looked for, sorted; the others may become labels.
const PATHS: [&str; 21] = [
    "context.id",
    "context.source",
    "context.timestamp",
    "context.type",
    "data",
    "data.description",
    "data.level",
    "data.message",
    "data.severity",
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

/// Paths that make no labels, nor what is below them.
const NO_LABELS: [&str; 6] =
    ["context", "specversion", "datacontenttype", "dataschema", "data_base64", "schemauri"];

fn detect(keys: Keys<'_>) -> bool {
    let has_all = |all: [&str; 3]| all.iter().all(|key| keys.has(key));
    (keys.has("specversion") && has_all(["id", "source", "type"]))
        || (keys.has("context") && keys.has("subject") && !keys.has("specversion"))
}

fn read(input: Input<'_>, run: &mut Run<'_>) -> Result<(), Reject> {
    run.give(input.line, draft(input))
}

/// The values that were looked for.
struct Fields(Flat);

impl Fields {
    /// The first of some fields that is there.
    fn first(&self, paths: &[&str]) -> Option<&str> {
        paths.iter().find_map(|path| {
            let at = PATHS.binary_search(path).ok()?;
            self.0.values.get(at)?.as_deref()
        })
    }
}

fn draft(input: Input<'_>) -> Result<Draft, Reject> {
    let wanted = Wanted { paths: &PATHS, rest: Rest::Labels };
    let fields = Fields(flatten(Format::Cloudevents, input, wanted)?);
    let missing = |field| Reject::Missing { format: Format::Cloudevents, field };
    let kind = fields.first(&["context.type", "type"]).ok_or(missing("type"))?;
    let id = fields.first(&["context.id", "id"]).ok_or(missing("id"))?;
    let source = fields.first(&["context.source", "source"]).ok_or(missing("source"))?;
    let time = fields.first(&["context.timestamp", "time"]).unwrap_or_default();
    let mut draft = Draft::new(EventType::Custom, Format::Cloudevents.name(), name(kind));
    draft.time = Moment::of(time).read_or_utc("time")?;
    draft.severity = level(&fields, kind).level();
    let texts = ["data.message", "data.description", "data", "subject.content.description"];
    let description = fields.first(&texts);
    let description =
        description.or_else(|| fields.first(&["subject.content.comment", "subject.content.uri"]));
    draft.description = description.unwrap_or_default().to_owned();
    let mut labels: Vec<(String, String)> = Vec::new();
    for other in &fields.0.rest {
        let first = other.path.split('.').next().unwrap_or_default();
        if !NO_LABELS.contains(&first) {
            labels.push((other.path.clone(), other.value.clone()));
        }
    }
    let own = [
        ("event.type", Some(kind)),
        ("event.source", Some(source)),
        ("event.subject", fields.first(&["subject", "subject.id"])),
        ("subject.content.outcome", fields.first(&["subject.content.outcome"])),
    ];
    let own = own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
    labels.extend(own);
    draft.labels = Labels::from_pairs(labels);
    let uid = ContentHash::default().text(kind).text(source).text(id).finish("cloudevents");
    let fixed = if draft.time.is_some() { UidTime::Fixed } else { UidTime::Free };
    Ok(draft.uid(uid, fixed))
}

/// The type; that of a CDEvent in words, without its version.
fn name(kind: &str) -> String {
    let Some(words) = kind.strip_prefix(CDEVENTS) else { return kind.to_owned() };
    let is_word = |part: &&str| !part.starts_with(|first: char| first.is_ascii_digit());
    let words: Vec<&str> = words.split('.').take_while(is_word).collect();
    if words.is_empty() { kind.to_owned() } else { words.join(" ") }
}

fn level(fields: &Fields, kind: &str) -> Severity {
    let said = ["severity", "severitytext", "data.severity", "data.level"];
    let said = said.iter().filter_map(|path| fields.first(&[path]));
    let known = said.filter_map(|text| severity::read(text).ok()).next();
    known.unwrap_or_else(|| match fields.first(&["subject.content.outcome"]) {
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
