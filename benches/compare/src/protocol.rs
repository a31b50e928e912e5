//! What the coordinator and the engines say to each other: one line of JSON each way.

use crate::events::Flat;
use crate::question::Question;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an engine is to do.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Command {
    /// Read the events and keep them in the folder, durable and ready to be asked.
    Load,
    /// Open what was loaded.
    Open,
    /// The newest matching event after those that the question skips: its time and id.
    Anchor {
        question: Question,
    },
    Ask {
        question: Question,
    },
    /// Insert one event, durably.
    Insert {
        event: Box<Flat>,
    },
    /// Acknowledge one event, durably.
    Acknowledge {
        id: u64,
        time: i64,
    },
    /// Acknowledge all matching events in one durable commit.
    AcknowledgeWhere {
        question: Question,
    },
}

/// What came of it. Every engine fills in what the command asks for.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub(crate) struct Answer {
    /// Microseconds.
    pub(crate) us: u64,
    /// Microseconds of the same with results of earlier questions kept, where there is such a
    /// thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cached_us: Option<u64>,
    /// Bytes on the disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<u64>,
    /// The version of the engine.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) version: String,
    /// Matching events, or events that were changed.
    pub(crate) total: u64,
    pub(crate) ids: Vec<u64>,
    pub(crate) facets: BTreeMap<String, BTreeMap<String, u64>>,
    /// Start of each bucket that has events, in nanoseconds, and their number.
    pub(crate) histogram: Vec<(i64, u64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) anchor: Option<(i64, u64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}
