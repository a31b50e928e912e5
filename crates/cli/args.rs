//! What can be typed.

use crate::amount::{bytes, severities};
use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use eventscope::{
    EventId, EventType, FacetKey, Lookback, NotAFacet, ScopeLabels, Severity, Timestamp,
};
use eventscope_formats::{Format, Mapping};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

/// Import event dumps into an embedded store and ask scope expressions over them.
#[derive(Debug, Parser)]
#[command(name = "eventscope", version, disable_help_subcommand = true)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "`eventscope help scope` describes the expressions.")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON document
    #[arg(long, global = true, conflicts_with = "ndjson")]
    pub(crate) json: bool,
    /// Print one event per line, as JSON (query, show, export)
    #[arg(long, global = true)]
    pub(crate) ndjson: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the store is.
#[derive(Debug, Group)]
pub(crate) struct Place {
    /// The folder of the store; without it EVENTSCOPE_STORE, else ./events.db
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read dumps into a temporary store and show what is in them
    Analyze(Analyze),
    /// Append dumps or streams to the store; what is there already is not stored twice
    Import(Import),
    /// Ask for events: the exact total and the newest page
    Query(Query),
    /// Show all details of events, and what happened to them
    Show(Show),
    /// Mark events as acknowledged
    Ack(Change),
    /// Take that mark away
    Unack(Change),
    /// Declare alert events to be over
    Resolve(Change),
    /// Remove events; an import does not bring them back
    Delete(Change),
    /// Take the last ack, unack, resolve or delete back
    Undo(Undo),
    /// List label keys, or the values of one label, with counts
    Labels(Labels),
    /// Append one custom event
    Post(Post),
    /// List the known Docker and Kubernetes events
    Catalog(Catalog),
    /// Write matching events as JSON lines or CSV, oldest first
    Export(Export),
    /// Show figures about the store
    Stats,
    /// Check every checksum, and that what is derived equals a rebuild
    Verify,
    /// Make everything that is derived anew
    Rebuild,
    /// Remove events that are too old or too many, and give their space back
    Prune(Prune),
    /// Copy the store into a folder that is a store then; a second time, only what is new
    Backup(Backup),
    /// Measure how fast this store answers expressions
    Bench(Bench),
    /// Describe a command, or with `scope` the expressions
    Help(Help),
}

/// What to read, and how.
#[derive(Debug, Group)]
pub(crate) struct Dumps {
    /// Files and folders, plain or compressed (gzip, zstd, ZIP); - is standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The format of all dumps, instead of detecting it: kubernetes, docker, falco, alertmanager,
    /// trivy, grype, sysdig, cloudevents, otlp, suricata, native, jsonl, csv
    #[arg(long)]
    pub(crate) format: Option<Format>,
    /// Of --format jsonl and csv: where a field is, as in time=@timestamp; may be repeated
    #[arg(long = "map", value_name = "TARGET=PATH")]
    pub(crate) maps: Vec<Mapping>,
    /// Give every event a label; may be repeated; with --map, * makes labels of all other fields
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    pub(crate) labels: Vec<Label>,
    /// Only the Docker and Kubernetes events that this configuration of an agent collects
    #[arg(long, value_name = "FILE")]
    pub(crate) collect: Option<PathBuf>,
    /// At most so many events of one second, of Docker and of Kubernetes; 100 without a number
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "100")]
    pub(crate) limit_per_second: Option<NonZeroU32>,
    /// Stop at the first bad record, and store nothing of its file
    #[arg(long)]
    pub(crate) strict: bool,
}

/// What `--label` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// One label for every event.
    One(String, String),
    /// A label for each field of a record.
    All,
}

/// Whether to wait for the text index.
#[derive(Debug, Group)]
pub(crate) struct Waiting {
    /// Do not wait for the text index: the next command that writes completes it
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Group)]
pub(crate) struct Analyze {
    #[command(flatten)]
    pub(crate) dumps: Dumps,
    /// Only events that match an expression
    #[arg(short = 'w', long = "where", value_name = "EXPR")]
    pub(crate) expr: Option<String>,
    /// Keep the store in this folder, which must not be there yet
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

#[derive(Debug, Group)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) dumps: Dumps,
    /// Records that are made durable at once; of a stream as many as come in 200 ms
    #[arg(long, value_name = "N", default_value = "10000")]
    pub(crate) batch: NonZeroUsize,
    /// Say on standard error after each batch how many events are durable, as {"durable":N}
    #[arg(long)]
    pub(crate) progress_json: bool,
    /// From now on, only these labels can be asked for, as with `labels --allow`
    #[arg(long, value_name = "KEY,..")]
    pub(crate) scope_labels: Option<ScopeLabels>,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
}

#[derive(Debug, Group)]
pub(crate) struct Query {
    /// Which events; all of them without it
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
    /// Only events at this time or later
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// Only events before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Timestamp>,
    /// Only events since so long ago, as in 2h
    #[arg(long, value_name = "LENGTH", conflicts_with = "from")]
    pub(crate) last: Option<Lookback>,
    /// Count by severity, type, status, acknowledged, source, name, tag.KEY or any label
    #[arg(long, value_name = "KEY,..", value_delimiter = ',', value_parser = facet)]
    pub(crate) facets: Vec<TypedFacet>,
    /// How many values of each facet to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// Count by time, in buckets of this length, as in 1h
    #[arg(long, value_name = "LENGTH", value_parser = bucket)]
    pub(crate) histogram: Option<Lookback>,
    /// Show how the query would be answered instead of answering it
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Group)]
pub(crate) struct Show {
    /// The ids of the events
    #[arg(required = true, value_name = "ID", value_parser = id)]
    pub(crate) ids: Vec<EventId>,
}

#[derive(Debug, Group)]
pub(crate) struct Change {
    /// The ids of the events
    #[arg(value_name = "ID", value_parser = id, required_unless_present = "expr")]
    pub(crate) ids: Vec<EventId>,
    /// All events that match an expression, instead of ids
    #[arg(long = "where", value_name = "EXPR", conflicts_with = "ids")]
    pub(crate) expr: Option<String>,
    /// In whose name
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// What there is to say about it
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Group)]
pub(crate) struct Undo {
    /// The number of the change, as the command that made it said
    #[arg(value_name = "CHANGE", value_parser = change)]
    pub(crate) change: u64,
    /// In whose name
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// What there is to say about it
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Group)]
pub(crate) struct Labels {
    /// The label whose values to list
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
pub(crate) struct Post {
    /// What happened, in a few words
    pub(crate) name: String,
    /// What happened, at length
    #[arg(short, long)]
    pub(crate) description: Option<String>,
    /// Syslog style from 0 (high) to 7 (low), or its name
    #[arg(short, long)]
    pub(crate) severity: Option<String>,
    /// Where it happened: host.hostName = "ip-10-1-1-1" and container.name = "foo"
    #[arg(short = 'c', long)]
    pub(crate) scope: Option<String>,
    /// Tags as a JSON object: {"app":"my_app", "file":"text.py"}
    #[arg(short, long)]
    pub(crate) tags: Option<String>,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
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
    pub(crate) expr: Option<String>,
    /// How to write them
    #[arg(long, value_enum, default_value_t = ExportFormat::Ndjson)]
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

#[derive(Debug, Group)]
#[group(required = true, multiple = true, args = ["older_than", "max_bytes"])]
pub(crate) struct Prune {
    /// Events that happened longer ago than this, as in 90d
    #[arg(long, value_name = "LENGTH")]
    pub(crate) older_than: Option<Lookback>,
    /// Of those only these severities: numbers, names, or high, medium, low, info
    #[arg(long, value_name = "SEVERITY,..", value_delimiter = ',', value_parser = severities)]
    #[arg(requires = "older_than")]
    pub(crate) severity: Vec<Severities>,
    /// Of those only these types, as in docker,kubernetes
    #[arg(long = "type", value_name = "TYPE,..", value_delimiter = ',', value_parser = event_type)]
    #[arg(requires = "older_than")]
    pub(crate) types: Vec<EventType>,
    /// The oldest sealed segments, until the store takes no more than this, as in 10GB; events that
    /// are not sealed yet stay
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) max_bytes: Option<u64>,
}

/// What one item of a list of severities means.
pub(crate) type Severities = Vec<Severity>;

#[derive(Debug, Group)]
pub(crate) struct Backup {
    /// The folder: a new one, or that of an earlier backup of this store
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Group)]
pub(crate) struct Bench {
    /// Expressions, one a line, # before a remark; without it a set made of the store's own labels
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How often each is answered at most; fewer times if that takes longer than 2 seconds
    #[arg(long, value_name = "N", default_value = "101")]
    pub(crate) rounds: NonZeroUsize,
    /// Write the figures into this file, to compare with later
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Compare with the figures in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
}

#[derive(Debug, Group)]
pub(crate) struct Help {
    /// A command, or `scope`
    pub(crate) topic: Option<String>,
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

fn id(text: &str) -> Result<EventId, &'static str> {
    text.parse().map(EventId).map_err(|_| "an id is a whole number")
}

fn event_type(text: &str) -> Result<EventType, &'static str> {
    const EXPECTED: &str =
        "a type is alert, docker, containerd, kubernetes, policy, scan or custom";
    EventType::from_name(text.trim()).ok_or(EXPECTED)
}

fn change(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "a change is a whole number")
}

fn label(text: &str) -> Result<Label, &'static str> {
    match text.split_once('=') {
        None if text == "*" => Ok(Label::All),
        Some((key, value)) if !key.is_empty() => Ok(Label::One(key.to_owned(), value.to_owned())),
        _ => Err("a label is written KEY=VALUE"),
    }
}

fn bucket(text: &str) -> Result<Lookback, &'static str> {
    const EXPECTED: &str = "a bucket is a number above 0 and s, m, h, d or w, as in 1h";
    let length: Lookback = text.parse().map_err(|_| EXPECTED)?;
    if length.nanos() > 0 { Ok(length) } else { Err(EXPECTED) }
}

#[cfg(test)]
mod tests {
    use super::Args;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Args::command().debug_assert();
    }
}
