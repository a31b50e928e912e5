//! What a run over dumps is asked to do.

use crate::{Collect, Format, LocalTime, Map, SeverityWords};
use eventscope_model::{Labels, Timestamp};
use std::num::NonZeroU32;

/// What a run is asked to do beyond reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportOptions {
    /// The format of all dumps; `None` tells it from each record. With a format given, no other is
    /// looked for, and a document that stands alone is read as that format whatever its keys.
    pub format: Option<Format>,
    /// Labels that every event gets; they replace labels of the same key. They are no part of the
    /// identity of an event.
    pub labels: Labels,
    /// Which Docker and Kubernetes events are let through; `None` lets all through.
    pub collect: Option<Collect>,
    /// How many events of one second and component (Docker, Kubernetes) are let through; one more
    /// stands for those that are not. `None` lets all through.
    pub limit_per_second: Option<NonZeroU32>,
    /// What the fields of [`Format::Jsonl`] and [`Format::Csv`] mean, which cannot be read without
    /// it. Other formats do not use it.
    pub map: Option<Map>,
    /// The time from which ages in a table count back (`5m12s`); without it they count back from
    /// the time of the file, see [`Dump::modified`](crate::Dump::modified).
    pub now: Option<Timestamp>,
    /// Severities of words, before what the formats say of them. They are no part of the identity
    /// of an event.
    pub severities: SeverityWords,
    /// The zone of times that are written without an offset; `None` takes them for UTC, and the
    /// events say that this is a guess.
    pub local: Option<LocalTime>,
}

impl ImportOptions {
    /// Names the format of all dumps.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Gives every event a label.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key, value);
        self
    }

    /// Lets only those Docker and Kubernetes events through that are collected.
    #[must_use]
    pub fn collect(mut self, collect: Collect) -> Self {
        self.collect = Some(collect);
        self
    }

    /// Lets only so many events of one second and component through.
    #[must_use]
    pub fn limit_per_second(mut self, limit: NonZeroU32) -> Self {
        self.limit_per_second = Some(limit);
        self
    }

    /// Says from which time ages count back.
    #[must_use]
    pub fn now(mut self, now: Timestamp) -> Self {
        self.now = Some(now);
        self
    }

    /// Names the severities of words.
    #[must_use]
    pub fn severities(mut self, words: SeverityWords) -> Self {
        self.severities = words;
        self
    }

    /// Names the zone of times that are written without an offset.
    #[must_use]
    pub fn local(mut self, zone: LocalTime) -> Self {
        self.local = Some(zone);
        self
    }

    /// Says what the fields of a format mean that has any.
    #[must_use]
    pub fn map(mut self, map: Map) -> Self {
        self.map = Some(map);
        self
    }
}
