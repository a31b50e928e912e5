//! What can be typed to read the store.

use super::{id, length};
use crate::columns::{Column, Separated};
use crate::completion;
use crate::times::{Moment, NotAMoment};
use clap::{Args as Group, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use eventscope::{EventId, FacetKey, Lookback, NotAFacet, ScopeLabels};
use std::path::PathBuf;

/// Between which times. A time may be a year, a date, a clock of today, `today`, `yesterday 10:00`,
/// or a length of time ago.
#[derive(Debug, Group)]
pub(crate) struct Range {
    /// Only events at this time or later: 2026-11-19 10:00, 10:00, yesterday, 2h30m (ago), ..
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Option<Moment>,
    /// Only events before this time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) to: Option<Moment>,
    /// Only events since so long ago, as in 2h or 1d12h
    #[arg(long, value_name = "LENGTH", conflicts_with = "from", allow_hyphen_values = true)]
    #[arg(value_parser = length)]
    pub(crate) last: Option<Lookback>,
}

/// Events as rows.
#[derive(Debug, Group)]
pub(crate) struct Rows {
    /// List these columns: fields, labels, tag.KEY, as in time,name,kubernetes.pod.name
    #[arg(long, value_name = "KEY,..", value_delimiter = ',', value_parser = Column::parse)]
    #[arg(add = ArgValueCompleter::new(completion::keys))]
    pub(crate) columns: Vec<Column>,
    /// Comma-separated values, with a column for each label
    #[arg(long, conflicts_with = "tsv")]
    pub(crate) csv: bool,
    /// Tab-separated values, with a column for each label
    #[arg(long)]
    pub(crate) tsv: bool,
}

impl Rows {
    /// How rows are written, if not as a table.
    pub(crate) fn separated(&self) -> Option<Separated> {
        match (self.csv, self.tsv) {
            (true, _) => Some(Separated::Comma),
            (_, true) => Some(Separated::Tab),
            (false, false) => None,
        }
    }
}

#[derive(Debug, Group)]
pub(crate) struct Query {
    /// Which events; all of them without it
    #[arg(add = ArgValueCompleter::new(completion::expr))]
    pub(crate) expr: Option<String>,
    /// Only events with all of these words
    #[arg(long, value_name = "WORDS", num_args = 1..)]
    pub(crate) text: Vec<String>,
    /// How many events to list
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    /// The page just older than this event
    #[arg(long, value_name = "ID", value_parser = id, conflicts_with = "after")]
    pub(crate) before: Option<EventId>,
    /// The page just newer than this event
    #[arg(long, value_name = "ID", value_parser = id)]
    pub(crate) after: Option<EventId>,
    #[command(flatten)]
    pub(crate) range: Range,
    /// Count by severity, type, status, acknowledged, source, name, tag.KEY or any label
    #[arg(long, value_name = "KEY,..", value_delimiter = ',', value_parser = facet)]
    #[arg(add = ArgValueCompleter::new(completion::keys))]
    pub(crate) facets: Vec<TypedFacet>,
    /// How many values of each facet to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// Count by time, in buckets of this length, as in 1h
    #[arg(long, value_name = "LENGTH", value_parser = bucket)]
    pub(crate) histogram: Option<Lookback>,
    /// List the oldest events instead of the newest, in the order of time; the next page is the one
    /// --after the last
    #[arg(long, conflicts_with = "before")]
    pub(crate) oldest: bool,
    #[command(flatten)]
    pub(crate) rows: Rows,
    /// Show how the query would be answered instead of answering it
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Group)]
pub(crate) struct Compare {
    /// Which events; all of them without it
    #[arg(add = ArgValueCompleter::new(completion::expr))]
    pub(crate) expr: Option<String>,
    /// The span of time to look at: 10:00..10:30, or a length of time before now, as in 30m
    #[arg(long, value_name = "FROM..TO", value_parser = span, allow_hyphen_values = true)]
    pub(crate) window: Span,
    /// The span to compare with; without it the one as long just before
    #[arg(long, value_name = "FROM..TO", value_parser = span, allow_hyphen_values = true)]
    pub(crate) against: Option<Span>,
    /// What to count by: fields, labels, tag.KEY
    #[arg(long, value_name = "KEY,..", value_delimiter = ',', value_parser = Column::parse)]
    #[arg(add = ArgValueCompleter::new(completion::keys))]
    #[arg(default_value = "name")]
    pub(crate) by: Vec<Column>,
    /// How many differences to list
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
}

/// From one time until before another, or until now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Moment,
    pub(crate) to: Option<Moment>,
}

fn span(text: &str) -> Result<Span, NotAMoment> {
    let (from, to) = text.split_once("..").unwrap_or((text, ""));
    let to = (!to.trim().is_empty()).then(|| to.parse()).transpose()?;
    Ok(Span { from: from.parse()?, to })
}

#[derive(Debug, Group)]
pub(crate) struct Show {
    /// The ids of the events
    #[arg(required = true, value_name = "ID", value_parser = id)]
    pub(crate) ids: Vec<EventId>,
}

#[derive(Debug, Group)]
pub(crate) struct Labels {
    /// The label whose values to list
    #[arg(add = ArgValueCompleter::new(completion::keys))]
    pub(crate) key: Option<String>,
    /// Only those that begin with this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) prefix: String,
    /// From now on, only these labels can be asked for: keys or beginnings, as in
    /// 'team,kubernetes.*'; '*' for all of them. Events keep the others
    #[arg(long, value_name = "KEY,..", conflicts_with_all = ["key", "prefix"])]
    pub(crate) allow: Option<ScopeLabels>,
}

#[derive(Debug, Group)]
pub(crate) struct Catalog {
    /// Only those that this configuration of an agent collects; with --json, whether it does
    #[arg(long, value_name = "FILE")]
    pub(crate) collect: Option<PathBuf>,
}

#[derive(Debug, Group)]
pub(crate) struct Export {
    /// Which events; all of them without it
    #[arg(add = ArgValueCompleter::new(completion::expr))]
    pub(crate) expr: Option<String>,
    #[command(flatten)]
    pub(crate) range: Range,
    /// At most so many events, the oldest ones
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    #[command(flatten)]
    pub(crate) rows: Rows,
    /// How to write them
    #[arg(long, value_enum, default_value_t = ExportFormat::Ndjson)]
    #[arg(conflicts_with_all = ["csv", "tsv", "columns"])]
    pub(crate) format: ExportFormat,
    /// Write the id and the time of receipt too
    #[arg(long)]
    pub(crate) ids: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object per line
    Ndjson,
    /// Comma-separated values
    Csv,
}

/// A facet under the name by which it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct TypedFacet {
    pub(crate) name: String,
    pub(crate) key: FacetKey,
}

fn facet(text: &str) -> Result<TypedFacet, NotAFacet> {
    Ok(TypedFacet { name: text.to_owned(), key: text.parse()? })
}

fn bucket(text: &str) -> Result<Lookback, &'static str> {
    const EXPECTED: &str = "a bucket is a number above 0 and s, m, h, d or w, as in 1h";
    let length: Lookback = text.parse().map_err(|_| EXPECTED)?;
    if length.nanos() > 0 { Ok(length) } else { Err(EXPECTED) }
}
