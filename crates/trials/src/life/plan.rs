//! What the threads of a child do, as a list without end that its parent can compute too.

use eventscope_model::{Draft, EventType, Timestamp, UidTime};
use eventscope_storage::CompactionEffort;
use eventscope_testkit::Rng;
use std::ops::Range;

/// Threads of one child that write.
pub(crate) const LANES: u64 = 4;
/// Numbers of events that a lane may use in one round.
const NUMBERS: u64 = 1_000_000;
/// Events that a step changes at most.
const CHANGED_MAX: usize = 24;

/// Sizes of the appends of each lane.
const SIZES: [&[u64]; LANES as usize] = [&[600, 1_500, 9_000], &[1, 3, 40], &[1, 5], &[20, 200]];

/// Words that begin like one another, differ by case, or are written without blanks.
const WORDS: [&str; 14] = [
    "oom",
    "OOM",
    "killed",
    "kill",
    "pod",
    "pods",
    "web",
    "10",
    "Caf\u{e9}",
    "restart",
    "restarting",
    "back-off",
    "\u{505c}\u{6b62}",
    "\u{6771}\u{4eac}\u{90fd}",
];

/// One thing that a lane does. Events are meant by their numbers, which the lane has given them
/// in the same round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Append(Range<u64>),
    Acknowledge(Vec<u64>),
    Delete(Vec<u64>),
    Prune(Vec<u64>),
    /// All events of earlier rounds with an id below that.
    PruneBefore(u64),
    Seal,
    Tidy(CompactionEffort),
    /// Waits until all words are indexed.
    Words,
    Backup,
}

impl Step {
    /// Whether it changes what the store shows.
    pub(crate) fn writes(&self) -> bool {
        match self {
            Self::Append(_)
            | Self::Acknowledge(_)
            | Self::Delete(_)
            | Self::Prune(_)
            | Self::PruneBefore(_) => true,
            Self::Seal | Self::Tidy(_) | Self::Words | Self::Backup => false,
        }
    }
}

/// What a child is to do: all that its plan follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) round: u64,
    /// How many lanes it has.
    pub(crate) lanes: u64,
    /// Where the events end that are pruned first of all; 0 for none.
    pub(crate) old: u64,
}

/// The steps of one lane.
#[derive(Debug)]
pub(crate) struct Lane {
    rng: Rng,
    number: u64,
    /// Up to which id it prunes first of all.
    old: u64,
    /// The numbers that its events have so far.
    used: Range<u64>,
}

impl Lane {
    pub(crate) fn new(plan: &Plan, number: u64) -> Self {
        let first = (plan.round * LANES + number) * NUMBERS;
        let rng = Rng::new(plan.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ first);
        // The last lane is the one that prunes.
        let old = if number + 1 == plan.lanes { plan.old } else { 0 };
        Self { rng, number, old, used: first..first }
    }

    /// The round and the lane that an event is of.
    pub(crate) fn owner(event: u64) -> (u64, u64) {
        let lane = event / NUMBERS;
        (lane / LANES, lane % LANES)
    }

    /// Some of the lane's events.
    fn some(&mut self) -> Vec<u64> {
        let span = (self.used.end - self.used.start) as usize;
        let count = 1 + self.rng.below(CHANGED_MAX);
        let mut some: Vec<u64> =
            (0..count).map(|_| self.used.start + self.rng.below(span) as u64).collect();
        some.sort_unstable();
        some.dedup();
        some
    }

    fn append(&mut self) -> Step {
        let more = *self.rng.pick(SIZES[self.number as usize]);
        let start = self.used.end;
        self.used.end += more;
        Step::Append(start..self.used.end)
    }
}

impl Iterator for Lane {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.old > 0 {
            return Some(Step::PruneBefore(std::mem::take(&mut self.old)));
        }
        let kind = self.rng.below(20);
        Some(match (self.number, kind) {
            _ if self.used.is_empty() => self.append(),
            (0, 0..=17) | (1, 0..=15) | (2, 0..=5) | (_, 0..=9) => self.append(),
            (_, 10) => Step::Words,
            (2, 6..=14) => Step::Acknowledge(self.some()),
            (2, _) => Step::Delete(self.some()),
            (3, 11..=12) => Step::Seal,
            (3, 13) => Step::Tidy(CompactionEffort::Usual),
            (3, 14) => Step::Tidy(CompactionEffort::Tight),
            (3, 15) => Step::Backup,
            (0, _) => Step::Seal,
            (3, 16) => Step::Prune(self.some()),
            (_, 16 | 17) => Step::Acknowledge(self.some()),
            (_, 18) => Step::Delete(self.some()),
            _ => Step::Prune(self.some()),
        })
    }
}

/// The event with a number: always the same.
pub(crate) fn draft(number: u64) -> Draft {
    let mut rng = Rng::new(number);
    // The times of a batch are neither sorted nor all different.
    let seconds = 1_800_000_000 + (number % NUMBERS) as i64 + rng.between(-50, 50);
    let text = text(&mut rng, 12);
    Draft::new(EventType::Alert, "trial", format!("{} {number}", rng.pick::<&str>(&WORDS)))
        .uid(format!("event-{number}"), UidTime::Fixed)
        .time(Timestamp::EPOCH.saturating_add(seconds * 1_000_000_000))
        .severity(rng.below(8) as u8)
        .description(text)
        .label("lane", (number / NUMBERS % LANES).to_string())
        .label("host.hostName", *rng.pick::<&str>(&WORDS))
}

fn text(rng: &mut Rng, words_max: usize) -> String {
    let count = rng.below(words_max + 1);
    let words: Vec<&str> = (0..count).map(|_| *rng.pick::<&str>(&WORDS)).collect();
    words.join(rng.pick::<&str>(&[" ", " ", "-", ": ", "\n"]))
}

/// A question for words.
pub(crate) fn question(rng: &mut Rng) -> String {
    let word = |rng: &mut Rng| *rng.pick::<&str>(&WORDS);
    let beginning = |rng: &mut Rng| -> String { word(rng).chars().take(2).collect() };
    let words = match rng.below(5) {
        0 => word(rng).to_owned(),
        1 => format!("{}*", beginning(rng)),
        2 => format!("\"{} {}\"", word(rng), word(rng)),
        3 => format!("\"{} {}*\"", word(rng), beginning(rng)),
        _ => format!("{} {}", word(rng), word(rng)),
    };
    match rng.below(4) {
        0 => format!("text = '{words}' and severity <= 3"),
        1 => format!("text = '{words}' and acknowledged = false"),
        2 => format!("text != '{words}' and lane = 2"),
        _ => format!("text = '{words}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan { seed: 3, round: 7, lanes: LANES, old: 9 };

    #[test]
    fn a_plan_is_the_same_each_time_and_names_events_of_its_own_that_are_there() {
        for number in 0..LANES {
            let steps: Vec<Step> = Lane::new(&PLAN, number).take(400).collect();
            assert_eq!(steps, Lane::new(&PLAN, number).take(400).collect::<Vec<_>>());
            let mut end = 0;
            for step in &steps {
                match step {
                    Step::Append(numbers) => end = numbers.end,
                    Step::Acknowledge(some) | Step::Delete(some) | Step::Prune(some) => {
                        assert!(some.iter().all(|event| *event < end), "{step:?}, {end}");
                        assert!(some.iter().all(|event| Lane::owner(*event) == (7, number)));
                    }
                    _ => {}
                }
            }
            assert_eq!(steps.contains(&Step::PruneBefore(9)), number + 1 == LANES);
        }
    }
}
