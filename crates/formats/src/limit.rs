//! The cap on events of one second, as the agent has it: what is over it is left out, and one event
//! says so.
//!
//! Seconds are those of the events, not those of reading, so that the same dump gives the same
//! events however fast it is read. A second starts with the first event of it that is read.

use crate::limits;
use eventscope_model::{Draft, EventType, Severity, Timestamp, UidTime};
use std::{collections::HashMap, num::NonZeroU32};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// Who says that a limit was exceeded: it is the agent that counts.
const AGENT: &str = "sysdig-agent";

/// How many events of each second and component were read.
///
/// Bounded by forgetting: when the younger of two generations is full it becomes the older one,
/// and the seconds in that, if they are met again, begin anew.
#[derive(Debug)]
pub(crate) struct Limiter {
    per_second: NonZeroU32,
    young: HashMap<Second, u32>,
    old: HashMap<Second, u32>,
}

/// One second of one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Second {
    component: Component,
    /// Since 1970.
    number: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Component {
    Docker,
    Kubernetes,
}

/// What becomes of an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Within,
    /// It is the first over the limit of its second: this event stands for it and all that follow.
    First(Box<Draft>),
    Over,
}

impl Limiter {
    pub(crate) fn new(per_second: NonZeroU32) -> Self {
        Self { per_second, young: HashMap::new(), old: HashMap::new() }
    }

    /// Counts an event. Other types than those of the two components have no limit.
    pub(crate) fn count(&mut self, draft: &Draft) -> Verdict {
        let Some(second) = Second::of(draft) else { return Verdict::Within };
        let seen = self.seen(second);
        *seen = seen.saturating_add(1);
        let over = seen.saturating_sub(self.per_second.get());
        match over {
            0 => Verdict::Within,
            1 => Verdict::First(Box::new(second.exceeded(self.per_second))),
            _ => Verdict::Over,
        }
    }

    fn seen(&mut self, second: Second) -> &mut u32 {
        if !self.young.contains_key(&second) {
            if self.young.len() >= limits::SECONDS_MAX {
                self.old = std::mem::take(&mut self.young);
            }
            let seen = self.old.remove(&second).unwrap_or_default();
            self.young.insert(second, seen);
        }
        self.young.entry(second).or_default()
    }
}

impl Second {
    fn of(draft: &Draft) -> Option<Self> {
        let component = match draft.event_type {
            EventType::Docker => Component::Docker,
            EventType::Kubernetes => Component::Kubernetes,
            _ => return None,
        };
        // What an earlier run said of a limit is not held against another.
        let is_own = draft.tags.get("source") == Some(AGENT);
        let time = draft.time.filter(|_| !is_own)?;
        Some(Self { component, number: time.nanos().div_euclid(NANOS_PER_SECOND) })
    }

    /// The event that stands for all that are over the limit in this second.
    fn exceeded(self, per_second: NonZeroU32) -> Draft {
        let (event_type, name) = match self.component {
            Component::Docker => (EventType::Docker, "Docker"),
            Component::Kubernetes => (EventType::Kubernetes, "Kubernetes"),
        };
        let mut draft = Draft::new(event_type, AGENT, format!("{name} Event Limit Exceeded"));
        draft.time = Timestamp::from_nanos(self.number.saturating_mul(NANOS_PER_SECOND));
        draft.severity = Severity::Warning.level();
        draft.description = format!(
            "{name} event limit ({per_second} per second) exceeded. Excess events were discarded."
        );
        draft.tags.insert("source", AGENT);
        draft.uid(format!("limit:{event_type}@{}", self.number), UidTime::Fixed)
    }
}

#[cfg(test)]
mod tests {
    use super::{Limiter, Verdict};
    use crate::limits;
    use eventscope_model::{Draft, EventType, Timestamp};
    use std::num::NonZeroU32;

    fn limiter(per_second: u32) -> Limiter {
        Limiter::new(NonZeroU32::new(per_second).unwrap())
    }

    fn at(event_type: EventType, nanos: i64) -> Draft {
        Draft::new(event_type, "x", "x").time(Timestamp::from_nanos(nanos).unwrap())
    }

    #[test]
    fn each_second_of_each_component_has_its_own_limit() {
        let mut limiter = limiter(2);
        let mut verdict = |event_type, nanos| match limiter.count(&at(event_type, nanos)) {
            Verdict::Within => "within".to_owned(),
            Verdict::Over => "over".to_owned(),
            Verdict::First(draft) => format!("{} {}", draft.time.unwrap(), draft.name),
        };
        let docker = EventType::Docker;
        assert_eq!(verdict(docker, 5_000_000_000), "within");
        assert_eq!(verdict(docker, 5_999_999_999), "within");
        let exceeded = "1970-01-01T00:00:05Z Docker Event Limit Exceeded";
        assert_eq!(verdict(docker, 5_000_000_001), exceeded);
        assert_eq!(verdict(docker, 5_000_000_002), "over");
        assert_eq!(verdict(docker, 6_000_000_000), "within");
        assert_eq!(verdict(EventType::Kubernetes, 5_000_000_000), "within");
        for _ in 0..9 {
            assert_eq!(verdict(EventType::Alert, 5_000_000_000), "within");
        }
    }

    #[test]
    fn the_event_that_stands_for_the_rest() {
        let mut limiter = limiter(1);
        let draft = at(EventType::Kubernetes, 1_500_000_000);
        assert_eq!(limiter.count(&draft), Verdict::Within);
        let Verdict::First(draft) = limiter.count(&draft) else { panic!("the limit was passed") };
        assert_eq!((draft.severity, draft.tags.get("source")), (4, Some("sysdig-agent")));
        let text = "Kubernetes event limit (1 per second) exceeded. Excess events were discarded.";
        assert_eq!(draft.description, text);
        assert_eq!(draft.uid.as_ref().unwrap().text, "limit:kubernetes@1");
        assert_eq!(draft.check(), Ok(()));
        // Read again from an export, it is not counted itself.
        assert_eq!(limiter.count(&draft), Verdict::Within);
    }

    #[test]
    fn memory_is_bounded() {
        let mut limiter = limiter(1);
        for second in 0..3 * limits::SECONDS_MAX as i64 {
            limiter.count(&at(EventType::Docker, second * 1_000_000_000));
            assert!(limiter.young.len() + limiter.old.len() <= 2 * limits::SECONDS_MAX);
        }
    }
}
