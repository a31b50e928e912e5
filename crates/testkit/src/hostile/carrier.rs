//! Good records of each format, with places into which something hostile can be put.

/// A place in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The value of a text that is shown.
    Text,
    /// The key of a label, or of a field if the format has no free labels.
    Key,
    /// The value of a label.
    Label,
    /// The time.
    Time,
    /// The value of a field that no format knows.
    Unknown,
}

impl Place {
    pub(super) const ALL: [Self; 5] =
        [Self::Text, Self::Key, Self::Label, Self::Time, Self::Unknown];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Key => "key",
            Self::Label => "label",
            Self::Time => "time",
            Self::Unknown => "unknown",
        }
    }

    /// The mark in a pattern.
    fn mark(self) -> &'static str {
        match self {
            Self::Text => "<TEXT>",
            Self::Key => "<KEY>",
            Self::Label => "<LABEL>",
            Self::Time => "<TIME>",
            Self::Unknown => "<UNKNOWN>",
        }
    }

    /// What stands there in a good record.
    fn good(self) -> &'static str {
        match self {
            Self::Text => "\"all is well\"",
            Self::Key => "\"zone\"",
            Self::Label => "\"west\"",
            Self::Time => "1795424940",
            Self::Unknown => "null",
        }
    }
}

/// A format, and a record of it on one line that has each place once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carrier {
    pub(super) format: &'static str,
    /// A field that must not stand there twice.
    pub(super) field: &'static str,
    /// Fields with values that are JSON, but not of their shapes.
    pub(super) shapes: &'static [(&'static str, &'static str)],
    pattern: &'static str,
}

/// All formats that are one JSON object a record. To add one, write a record of it here.
pub(super) const CARRIERS: [Carrier; 6] = [
    Carrier {
        format: "native",
        field: "name",
        shapes: &[
            ("count", "-1"),
            ("count", "1.5"),
            ("severity", "99"),
            ("severity", "[]"),
            ("state", "\"half\""),
            ("tags", "[]"),
            ("tags", "\"a\""),
            ("end_time", "{}"),
            ("acknowledged", "1"),
            ("details", "\"none\""),
            ("uid", "{}"),
            ("source", "[]"),
        ],
        pattern: concat!(
            r#"{"type":"custom","name":"Deployed","time":<TIME>,"description":<TEXT>,"#,
            r#""labels":{<KEY>:<LABEL>},"unknown":<UNKNOWN>}"#
        ),
    },
    Carrier {
        format: "kubernetes",
        field: "reason",
        shapes: &[
            ("metadata", "7"),
            ("source", "\"kubelet\""),
            ("count", "\"three\""),
            ("count", "1e3"),
            ("count", "9223372036854775808"),
            ("series", "true"),
            ("type", "{}"),
            ("eventTime", "{}"),
            ("regarding", "[[]]"),
        ],
        pattern: concat!(
            r#"{"involvedObject":{"kind":"Pod","name":<LABEL>},"reason":"Killing","#,
            r#""message":<TEXT>,"lastTimestamp":<TIME>,<KEY>:1,"unknown":<UNKNOWN>}"#
        ),
    },
    Carrier {
        format: "docker",
        field: "Action",
        shapes: &[("status", "{}"), ("id", "[]"), ("timeNano", "[1]")],
        pattern: concat!(
            r#"{"Type":"container","Action":"kill","Actor":{"ID":"9f86d081884c","#,
            r#""Attributes":{<KEY>:<LABEL>}},"from":<TEXT>,"time":<TIME>,"unknown":<UNKNOWN>}"#
        ),
    },
    Carrier {
        format: "falco",
        field: "rule",
        shapes: &[("uuid", "{}"), ("hostname", "[]"), ("source", "{}")],
        pattern: concat!(
            r#"{"rule":"Shell","priority":"Notice","output":<TEXT>,"time":<TIME>,"#,
            r#""output_fields":{"container.name":<LABEL>},<KEY>:1,"unknown":<UNKNOWN>}"#
        ),
    },
    Carrier {
        format: "alertmanager",
        field: "startsAt",
        shapes: &[
            ("endsAt", "{}"),
            ("generatorURL", "[]"),
            ("fingerprint", "{}"),
            ("annotations", "[]"),
        ],
        pattern: concat!(
            r#"{"labels":{"alertname":"Down",<KEY>:<LABEL>},"annotations":{"summary":<TEXT>},"#,
            r#""startsAt":<TIME>,"unknown":<UNKNOWN>}"#
        ),
    },
    Carrier {
        format: "sysdig",
        field: "name",
        shapes: &[("severity", "[]"), ("scope", "{}"), ("createdOn", "[]")],
        pattern: concat!(
            r#"{"id":"7","name":"Deployed","severityLabel":"LOW","timestamp":<TIME>,"#,
            r#""description":<TEXT>,"scopeLabels":{<KEY>:<LABEL>},"unknown":<UNKNOWN>}"#
        ),
    },
];

impl Carrier {
    /// A record without fault, without a line end.
    pub(super) fn good(self) -> Vec<u8> {
        self.with(Place::Text, Place::Text.good().as_bytes())
    }

    /// A record with these bytes in one place, in which JSON has a value or a key with its quotes.
    pub(super) fn with(self, place: Place, bytes: &[u8]) -> Vec<u8> {
        let (before, after) = self.around(place);
        [before.as_bytes(), bytes, after.as_bytes()].concat()
    }

    /// A record that breaks off in one place, after these bytes.
    pub(super) fn cut(self, place: Place, bytes: &[u8]) -> Vec<u8> {
        [self.around(place).0.as_bytes(), bytes].concat()
    }

    /// Three lines: a record between two good ones.
    pub(super) fn between(self, record: &[u8]) -> Vec<u8> {
        [&self.good(), b"\n".as_slice(), record, b"\n", &self.good(), b"\n"].concat()
    }

    /// A list of three items: a record between two good ones.
    pub(super) fn in_list(self, record: &[u8]) -> Vec<u8> {
        let good = self.good();
        [b"{\"items\":[\n".as_slice(), &good, b",\n", record, b",\n", &good, b"\n]}\n"].concat()
    }

    fn around(self, place: Place) -> (String, String) {
        let (before, after) = self.pattern.split_once(place.mark()).unwrap_or((self.pattern, ""));
        let fill = |part: &str| {
            Place::ALL
                .iter()
                .fold(part.to_owned(), |text, place| text.replace(place.mark(), place.good()))
        };
        (fill(before), fill(after))
    }
}
