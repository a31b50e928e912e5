//! What can be typed to change what is stored.

use super::{Waiting, id, length};
use crate::amount::{bytes, severities};
use crate::completion;
use crate::times::Moment;
use clap::Args as Group;
use clap_complete::engine::ArgValueCompleter;
use eventscope::{EventId, EventType, Lookback, Severity};

#[derive(Debug, Group)]
pub(crate) struct Change {
    /// The ids of the events
    #[arg(value_name = "ID", value_parser = id, required_unless_present = "expr")]
    pub(crate) ids: Vec<EventId>,
    /// All events that match an expression, instead of ids
    #[arg(long = "where", value_name = "EXPR", conflicts_with = "ids")]
    #[arg(add = ArgValueCompleter::new(completion::expr))]
    pub(crate) expr: Option<String>,
    /// In whose name
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// What there is to say about it
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Say what would be changed, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Go on even if the expression names a label that no event has
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not ask before many events are deleted
    #[arg(short, long)]
    pub(crate) yes: bool,
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
    /// When it happened; now without it
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) time: Option<Moment>,
    /// Tags as a JSON object: {"app":"my_app", "file":"text.py"}
    #[arg(short, long)]
    pub(crate) tags: Option<String>,
    #[command(flatten)]
    pub(crate) waiting: Waiting,
}

#[derive(Debug, Group)]
#[group(required = true, multiple = true, args = ["older_than", "max_bytes"])]
pub(crate) struct Prune {
    /// Events that happened longer ago than this, as in 90d
    #[arg(long, value_name = "LENGTH", value_parser = length, allow_hyphen_values = true)]
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
    /// Say how many events would be removed, and remove none
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask before events are removed
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// What one item of a list of severities means.
pub(crate) type Severities = Vec<Severity>;

fn event_type(text: &str) -> Result<EventType, &'static str> {
    const EXPECTED: &str =
        "a type is alert, docker, containerd, kubernetes, policy, scan or custom";
    EventType::from_name(text.trim()).ok_or(EXPECTED)
}

fn change(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "a change is a whole number")
}
