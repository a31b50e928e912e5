//! What can be typed about dumps: `analyze` and `import`.

use clap::Args as Group;
use eventscope::{ScopeLabels, Severity};
use eventscope_formats::{Format, Mapping};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

/// What to read, and how.
#[derive(Debug, Group)]
pub(crate) struct Dumps {
    /// Files and folders, plain or compressed (gzip, zstd), and archives (ZIP, tar); - is standard
    /// input. --tz names the zone of times in them that have none; without it they are UTC
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The format of all dumps, instead of detecting it: kubernetes, docker, containerd, falco,
    /// alertmanager, trivy, grype, sysdig, cloudevents, otlp, suricata, pagerduty, opsgenie,
    /// grafana, native, jsonl, csv
    #[arg(long)]
    pub(crate) format: Option<Format>,
    /// Of --format jsonl and csv: where a field is, as in time=@timestamp; may be repeated
    #[arg(long = "map", value_name = "TARGET=PATH")]
    pub(crate) maps: Vec<Mapping>,
    /// The severity of a word, from 0 (emergency) to 7 (debug) or as info, warning, error; before
    /// what its format says; may be repeated
    #[arg(long = "map-severity", value_name = "WORD=LEVEL", value_parser = severity)]
    pub(crate) severities: Vec<(String, Severity)>,
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
    /// List all files, not only those that need a look, however many there are
    #[arg(short, long)]
    pub(crate) verbose: bool,
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
    /// List all files, not only those that need a look, however many there are
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
}

fn severity(text: &str) -> Result<(String, Severity), String> {
    let written = || "a severity is written WORD=LEVEL".to_owned();
    let (word, level) = text.rsplit_once('=').ok_or_else(written)?;
    if word.trim().is_empty() {
        return Err(written());
    }
    let number = level.parse().ok().and_then(Severity::from_level);
    let severity = number.or_else(|| Severity::from_name(level));
    let severity = severity.ok_or_else(|| {
        let names = Severity::ALL.map(Severity::name).join(", ");
        format!("`{level}` is no level; the levels are 0 to 7, or {names}")
    })?;
    Ok((word.to_owned(), severity))
}

fn label(text: &str) -> Result<Label, &'static str> {
    match text.split_once('=') {
        None if text == "*" => Ok(Label::All),
        Some((key, value)) if !key.is_empty() => Ok(Label::One(key.to_owned(), value.to_owned())),
        _ => Err("a label is written KEY=VALUE"),
    }
}
