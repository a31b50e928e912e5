//! Events as rows of columns: a table for people, CSV and TSV for spreadsheets and scripts.

use crate::failure::{Failure, Result};
use crate::print::{Look, visible};
use crate::table::Table;
use crate::times::Times;
use eventscope::{Event, FacetKey};
use eventscope_wire::words::scope;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Columns of one table; a spreadsheet with more is of no use, and memory is bounded by it.
const COLUMNS_MAX: usize = 1_000;

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its head, as it was typed.
    pub(crate) name: String,
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Field(Field),
    Label(String),
    Tag(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Id,
    Uid,
    Time,
    Received,
    EndTime,
    DurationMs,
    Type,
    Category,
    Severity,
    SeverityName,
    SeverityLabel,
    Source,
    Name,
    Description,
    State,
    Acknowledged,
    Count,
    Scope,
}

/// The names of the fields, those of the JSON of an event.
const FIELDS: [(&str, Field); 19] = [
    ("id", Field::Id),
    ("uid", Field::Uid),
    ("time", Field::Time),
    ("received", Field::Received),
    ("end_time", Field::EndTime),
    ("duration_ms", Field::DurationMs),
    ("type", Field::Type),
    ("category", Field::Category),
    ("severity", Field::Severity),
    ("severity_name", Field::SeverityName),
    ("severity_label", Field::SeverityLabel),
    ("source", Field::Source),
    ("name", Field::Name),
    ("description", Field::Description),
    ("state", Field::State),
    ("status", Field::State),
    ("acknowledged", Field::Acknowledged),
    ("count", Field::Count),
    ("scope", Field::Scope),
];

/// What every table begins with that lists all labels.
const USUAL: [&str; 8] =
    ["id", "time", "type", "severity_name", "state", "source", "name", "description"];

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Separated {
    Comma,
    Tab,
}

impl Column {
    /// The column of a name: a field, a label, or `tag.KEY`.
    pub(crate) fn parse(text: &str) -> std::result::Result<Self, &'static str> {
        let name = text.trim().to_owned();
        if name.is_empty() {
            return Err("a column is a field, a label or tag.KEY");
        }
        let content = match FIELDS.iter().find(|(field, _)| *field == name) {
            Some((_, field)) => Content::Field(*field),
            None => match name.strip_prefix("tag.") {
                Some(key) => Content::Tag(key.to_owned()),
                None => Content::Label(name.strip_prefix("label.").unwrap_or(&name).to_owned()),
            },
        };
        Ok(Self { name, content })
    }

    /// The usual columns, and one for each label of some events.
    pub(crate) fn all<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Vec<Self>> {
        let mut keys = Keys::default();
        events.into_iter().try_for_each(|event| keys.add(event))?;
        Ok(keys.columns())
    }

    /// The key by which it is found whether events have it; none for fields that all have.
    pub(crate) fn key(&self) -> Option<FacetKey> {
        match &self.content {
            Content::Field(_) => None,
            Content::Label(key) => Some(FacetKey::label(key)),
            Content::Tag(key) => Some(FacetKey::Tag(key.clone())),
        }
    }

    /// What an event has there; none of what it lacks.
    pub(crate) fn value(&self, event: &Event, times: &Times) -> Option<String> {
        let field = match &self.content {
            Content::Field(field) => field,
            Content::Label(key) => return event.labels.find(key).map(str::to_owned),
            Content::Tag(key) => return event.tags.get(key).map(str::to_owned),
        };
        Some(match field {
            Field::Id => event.id.to_string(),
            Field::Uid => event.uid.clone(),
            Field::Time => times.full(event.time),
            Field::Received => times.full(event.received),
            Field::EndTime => times.full(event.end_time?),
            Field::DurationMs => event.duration_ms()?.to_string(),
            Field::Type => event.event_type.to_string(),
            Field::Category => event.event_type.category().to_string(),
            Field::Severity => event.severity.level().to_string(),
            Field::SeverityName => event.severity.name().to_owned(),
            Field::SeverityLabel => event.severity.band().to_string(),
            Field::Source => event.source.clone(),
            Field::Name => event.name.clone(),
            Field::Description => event.description.clone(),
            Field::State => event.state.to_string(),
            Field::Acknowledged => event.acknowledgement.is_some().to_string(),
            Field::Count => event.count.to_string(),
            Field::Scope => scope(&event.labels),
        })
    }
}

/// The labels that events have.
#[derive(Debug, Default)]
pub(crate) struct Keys(BTreeSet<String>);

impl Keys {
    /// Adds those of an event.
    pub(crate) fn add(&mut self, event: &Event) -> Result<()> {
        for (key, _) in event.labels.canonical() {
            if !self.0.contains(key) {
                self.0.insert(key.to_owned());
            }
        }
        match self.0.len() > COLUMNS_MAX {
            true => Err(Failure::new(format!(
                "these events have more than {COLUMNS_MAX} labels; name some with --columns"
            ))),
            false => Ok(()),
        }
    }

    /// The usual columns, and one for each label.
    pub(crate) fn columns(self) -> Vec<Column> {
        let usual = USUAL.iter().filter_map(|name| Column::parse(name).ok());
        let label = |key: String| Column { name: key.clone(), content: Content::Label(key) };
        usual.chain(self.0.into_iter().map(label)).collect()
    }
}

/// Writes events as a table for people.
pub(crate) fn table(
    columns: &[Column],
    events: &[Event],
    times: &Times,
    look: Look,
    out: &mut impl Write,
) -> io::Result<()> {
    let heads: Vec<String> = columns.iter().map(|column| visible(&column.name)).collect();
    let mut table = Table::new(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for event in events {
        let cells = columns.iter().map(|column| column.value(event, times).unwrap_or_default());
        table.row_of(cells.map(|cell| visible(&cell)).collect());
    }
    table.write(look, out)
}

impl Separated {
    /// Writes the heads of columns.
    pub(crate) fn heads(self, columns: &[Column], out: &mut impl Write) -> io::Result<()> {
        self.row(columns.iter().map(|column| column.name.clone()), out)
    }

    /// Writes an event.
    pub(crate) fn event(
        self,
        columns: &[Column],
        event: &Event,
        times: &Times,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let value = |column: &Column| column.value(event, times).unwrap_or_default();
        self.row(columns.iter().map(value), out)
    }

    /// Writes a row.
    pub(crate) fn row(
        self,
        cells: impl Iterator<Item = String>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        for (nth, cell) in cells.enumerate() {
            match self {
                Self::Comma if nth > 0 => out.write_all(b",")?,
                Self::Tab if nth > 0 => out.write_all(b"\t")?,
                _ => {}
            }
            out.write_all(self.cell(&cell).as_bytes())?;
        }
        out.write_all(b"\n")
    }

    /// A cell as it stands in its row: quoted in CSV where RFC 4180 asks for it; in TSV, which has
    /// no quotes, with `\t`, `\n`, `\r` and `\\` for what would end it.
    fn cell(self, text: &str) -> String {
        match self {
            Self::Comma if text.contains([',', '"', '\n', '\r']) => {
                format!("\"{}\"", text.replace('"', "\"\""))
            }
            Self::Comma => text.to_owned(),
            Self::Tab => text
                .replace('\\', "\\\\")
                .replace('\t', "\\t")
                .replace('\n', "\\n")
                .replace('\r', "\\r"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Separated};

    #[test]
    fn cells_come_back_as_they_were() {
        let row = |separated: Separated| {
            let mut out = Vec::new();
            let cells = ["a,b", "say \"x\"", "two\nlines", "tab\t\\", ""].map(str::to_owned);
            separated.row(cells.into_iter(), &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let expected = "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",tab\t\\,\n";
        assert_eq!(row(Separated::Comma), expected);
        assert_eq!(row(Separated::Tab), "a,b\tsay \"x\"\ttwo\\nlines\ttab\\t\\\\\t\n");
    }

    #[test]
    fn columns_are_fields_labels_and_tags() {
        let key = |name: &str| Column::parse(name).unwrap().key().map(|key| key.to_string());
        assert_eq!(key("time"), None);
        assert_eq!(key("kube_pod_name"), Some("kubernetes.pod.name".to_owned()));
        assert_eq!(key("label.time"), Some("label.time".to_owned()));
        assert_eq!(key("tag.team"), Some("tag.team".to_owned()));
        assert!(Column::parse(" ").is_err());
    }
}
