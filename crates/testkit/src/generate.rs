//! Endless realistic events, for measurements.
//!
//! What counts for an event store is the shape of the data: how often values repeat, how many
//! different ones there are, how much two neighbours have in common, whether times ascend. So:
//! clusters, namespaces, nodes and deployments share the events by Zipf's law; pods live for some
//! minutes and are replaced under a new name; uids are random; names come from the catalogue;
//! descriptions are templates with variable parts; three events in a hundred come late. An event
//! is about 500 bytes of native JSON on average, and no uid occurs twice.

mod alerts;
mod custom;
mod docker;
mod fleet;
mod kubernetes;
mod security;
#[cfg(test)]
mod tests;

use crate::Rng;
use eventscope_model::{Draft, EventType, Timestamp};
use fleet::Fleet;

/// 2026-11-23T00:00:00Z in nanoseconds: when the first event happens.
const START_NANOS: i64 = 1_795_392_000_000_000_000;
/// Twice the mean distance of two events: a million of them fill about a day.
const GAP_NANOS_MAX: i64 = 170_000_000;
/// How late a late event comes at most: ten minutes.
const LATE_NANOS_MAX: i64 = 600_000_000_000;
/// Late events in a hundred.
const LATE_PERCENT: usize = 3;

/// How many of a thousand events are of which type.
const SHARES: [(EventType, usize); 7] = [
    (EventType::Kubernetes, 700),
    (EventType::Docker, 150),
    (EventType::Alert, 80),
    (EventType::Policy, 20),
    (EventType::Scan, 20),
    (EventType::Custom, 20),
    (EventType::Containerd, 10),
];

/// An endless sequence of events, the same for the same seed.
///
/// ```
/// use eventscope_testkit::generate::Generator;
///
/// let events: Vec<_> = Generator::new(1).take(100).collect();
/// assert!(events.iter().all(|event| event.check().is_ok()));
/// assert_eq!(events, Generator::new(1).take(100).collect::<Vec<_>>());
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    rng: Rng,
    fleet: Fleet,
    clock_nanos: i64,
}

impl Generator {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed), fleet: Fleet::new(), clock_nanos: START_NANOS }
    }
}

impl Iterator for Generator {
    type Item = Draft;

    fn next(&mut self) -> Option<Draft> {
        let rng = &mut self.rng;
        self.clock_nanos = self.clock_nanos.checked_add(rng.between(0, GAP_NANOS_MAX))?;
        let late = if rng.percent(LATE_PERCENT) { rng.between(0, LATE_NANOS_MAX) } else { 0 };
        let nanos = (self.clock_nanos - late).max(START_NANOS);
        let (event_type, _) = *rng.pick_by(&SHARES, |(_, share)| *share);
        Some(match event_type {
            EventType::Kubernetes => kubernetes::event(rng, &mut self.fleet, nanos),
            EventType::Docker | EventType::Containerd => {
                docker::event(rng, &mut self.fleet, nanos, event_type)
            }
            EventType::Alert => alerts::event(rng, &mut self.fleet, nanos),
            EventType::Policy => security::policy(rng, &mut self.fleet, nanos),
            EventType::Scan => security::scan(rng, &mut self.fleet, nanos),
            EventType::Custom => custom::event(rng, &mut self.fleet, nanos),
        })
    }
}

/// The instant so many nanoseconds after 1970.
fn instant(nanos: i64) -> Timestamp {
    Timestamp::EPOCH.saturating_add(nanos)
}

/// A template with its variable parts filled in: `{name}` becomes what `part` says of `name`.
fn fill(template: &str, mut part: impl FnMut(&str) -> String) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(&part(name));
        rest = after;
    }
    text.push_str(rest);
    text
}
