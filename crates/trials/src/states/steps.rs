//! What can be done to a store, how it is drawn, and how it gets simpler.

use super::start::Ground;
use eventscope_storage::{Action, CompactionEffort};
use proptest::prelude::{Just, any};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy, Union};
use proptest::{bool, collection, option};
use proptest_state_machine::ReferenceStateMachine;

/// Snapshots that are kept at most while a store goes on.
const KEPT_MAX: u32 = 2;

/// As much of a store as says which steps can come next.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    pub(super) ground: Ground,
    /// Whether the store indexes words.
    pub(super) indexes: bool,
    kept: u32,
    folded: bool,
}

/// How many events before the newest one. It wraps at the oldest.
pub(super) type Back = u32;

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The tail is sealed.
    Seal,
    /// Everything about the store is compared.
    Look,
    Append(Vec<Drafts>),
    Change {
        action: Action,
        rows: Rows,
        by: bool,
        note: bool,
    },
    /// The last change is undone, or the one with this number is tried.
    Undo(Option<u8>),
    Prune {
        rows: Rows,
        /// Parts that go as a whole, for large ones if the number says so.
        parts: Vec<u8>,
    },
    /// What retention removes, of events that are as old as one or older.
    Age {
        back: Back,
        /// Bits of severities, or all.
        severities: Option<u8>,
    },
    /// What retention removes so that no more than so many 256ths of the bytes are left.
    Bytes(u8),
    Tidy {
        room: CompactionEffort,
        /// Whether the store closes in the middle of it.
        cut_off: bool,
    },
    /// The store is closed, or just dropped.
    Reopen {
        close: bool,
    },
    /// A snapshot is kept.
    Keep,
    /// The snapshot that was kept first goes, as it was when it was taken.
    LetGo,
    Histories(Vec<Back>),
    /// A random expression is asked for.
    Find(u16),
    Relabel(u8),
    Rebuild,
    Verify,
    /// One alert is observed so often and at such length that all changes leave the log.
    Fold,
}

/// Some drafts of an append.
#[derive(Clone, Debug)]
pub(super) enum Drafts {
    /// Random drafts, some of which are observations of others.
    Random { seed: u16, count: u16 },
    /// A later report of an event that is stored, whatever became of it.
    Again(Back, Again),
    /// A draft that the store does not take, for one of several reasons.
    Invalid(u8),
}

/// What is new in a later report.
#[derive(Clone, Debug)]
pub(super) enum Again {
    Nothing,
    Count(u8),
    Words(u8),
    Triggered,
    Resolved(u8),
    Severity(u8),
    /// It happened at another minute, if its uid does not fix the time.
    Time(i8),
}

/// Rows of a store.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// Events from one on, and so many more.
    pub(super) runs: Vec<(Back, u16)>,
    /// The first and the last row of the first window, and of one that is not there.
    pub(super) edges: bool,
}

impl ReferenceStateMachine for Sketch {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        let grounds = [(46, Ground::Empty), (3, Ground::Segment), (1, Ground::Tail)];
        let ground = one_of(grounds.map(|(weight, ground)| (weight, Just(ground))));
        let sketch = |(ground, indexes)| Self { ground, indexes, kept: 0, folded: false };
        (ground, bool::weighted(0.1)).prop_map(sketch).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        let if_so = |so: bool, weight| if so { weight } else { 0 };
        // What reads all events is rarer where there are many.
        let few = if_so(state.ground == Ground::Empty, 8);
        let all = [
            (70, Just(Step::Seal).boxed()),
            (80, Just(Step::Look).boxed()),
            (400, collection::vec(drafts(), 1..6).prop_map(Step::Append).boxed()),
            (160, change()),
            (90, option::weighted(0.25, any::<u8>()).prop_map(Step::Undo).boxed()),
            (40, prune()),
            (30, age()),
            (8, any::<u8>().prop_map(Step::Bytes).boxed()),
            (40, tidy()),
            (60, any::<bool>().prop_map(|drop| Step::Reopen { close: !drop }).boxed()),
            (if_so(state.kept < KEPT_MAX, 60), Just(Step::Keep).boxed()),
            (if_so(state.kept > 0, 40), Just(Step::LetGo).boxed()),
            (30, collection::vec(back(), 1..6).prop_map(Step::Histories).boxed()),
            (40, any::<u16>().prop_map(Step::Find).boxed()),
            (2 + few, any::<u8>().prop_map(Step::Relabel).boxed()),
            (2 + few, Just(Step::Rebuild).boxed()),
            (2 + few, Just(Step::Verify).boxed()),
            (if_so(!state.folded, 2), Just(Step::Fold).boxed()),
        ];
        Union::new_weighted(all.into_iter().filter(|(weight, _)| *weight > 0).collect()).boxed()
    }

    fn preconditions(state: &Self, step: &Step) -> bool {
        match step {
            Step::Keep => state.kept < KEPT_MAX,
            Step::LetGo => state.kept > 0,
            Step::Fold => !state.folded,
            _ => true,
        }
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        match step {
            Step::Keep => state.kept += 1,
            Step::LetGo => state.kept -= 1,
            Step::Reopen { .. } | Step::Tidy { cut_off: true, .. } => state.kept = 0,
            Step::Fold => state.folded = true,
            _ => {}
        }
        state
    }
}

/// One of some strategies, by their weights.
fn one_of<T: std::fmt::Debug + 'static, S: Strategy<Value = T> + 'static>(
    all: impl IntoIterator<Item = (u32, S)>,
) -> Union<BoxedStrategy<T>> {
    Union::new_weighted(all.into_iter().map(|(weight, each)| (weight, each.boxed())).collect())
}

/// Most likely one of the newest.
fn back() -> impl Strategy<Value = Back> {
    one_of([(4, 0..400_u32), (1, 0..80_000)])
}

fn drafts() -> BoxedStrategy<Drafts> {
    let count = one_of([(10, 1..=1_u16), (10, 1..=30), (1, 100..=300)]);
    let random = (any::<u16>(), count).prop_map(|(seed, count)| Drafts::Random { seed, count });
    let again = one_of([
        (1, Just(Again::Nothing).boxed()),
        (1, (0..3_u8).prop_map(Again::Count).boxed()),
        (1, (0..4_u8).prop_map(Again::Words).boxed()),
        (1, Just(Again::Triggered).boxed()),
        (2, (0..6_u8).prop_map(Again::Resolved).boxed()),
        (1, (0..8_u8).prop_map(Again::Severity).boxed()),
        (3, any::<i8>().prop_map(Again::Time).boxed()),
    ]);
    let again = (back(), again).prop_map(|(back, what)| Drafts::Again(back, what));
    let invalid = (0..5_u8).prop_map(Drafts::Invalid);
    one_of([(5, random.boxed()), (3, again.boxed()), (1, invalid.boxed())]).boxed()
}

fn rows() -> impl Strategy<Value = Rows> {
    let more = one_of([(3, 0..=1_u16), (2, 0..=90)]);
    (collection::vec((back(), more), 0..6), bool::weighted(0.1))
        .prop_map(|(runs, edges)| Rows { runs, edges })
}

fn change() -> BoxedStrategy<Step> {
    let actions = vec![Action::Acknowledge, Action::Unacknowledge, Action::Resolve, Action::Delete];
    (select(actions), rows(), bool::weighted(0.6), bool::weighted(0.3))
        .prop_map(|(action, rows, by, note)| Step::Change { action, rows, by, note })
        .boxed()
}

fn prune() -> BoxedStrategy<Step> {
    let parts = collection::vec(any::<u8>(), 0..3);
    (rows(), parts).prop_map(|(rows, parts)| Step::Prune { rows, parts }).boxed()
}

fn age() -> BoxedStrategy<Step> {
    let severities = option::weighted(0.3, any::<u8>());
    (back(), severities).prop_map(|(back, severities)| Step::Age { back, severities }).boxed()
}

fn tidy() -> BoxedStrategy<Step> {
    (select(vec![CompactionEffort::Usual, CompactionEffort::Tight]), bool::weighted(0.3))
        .prop_map(|(room, cut_off)| Step::Tidy { room, cut_off })
        .boxed()
}
