//! The stores that sequences start from.

use super::checks;
use super::reference::{Order, Reference};
use crate::workload::draft;
use eventscope_model::{Draft, EventId, Timestamp};
use eventscope_storage::{Clock, Indexing, Memory as Budget, Options, Storage};
use eventscope_testkit::medium::Memory;
use eventscope_testkit::random::now;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

/// Where the store is.
const DIR: &str = "/events.db";
/// Events of a store that ends just before the border of a window.
const NEAR_BORDER: u64 = 65_400;

/// What a sequence starts from, the simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// A store without events.
    Empty,
    /// One segment that leaves little room in its window.
    Segment,
    /// A tail that does.
    Tail,
}

impl Ground {
    /// What sequences that start from it are counted as.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Empty => "from_nothing",
            Self::Segment => "near_border_sealed",
            Self::Tail => "near_border",
        }
    }
}

/// A closed store.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) memory: Memory,
    pub(super) reference: Reference,
}

/// Every start, made when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Starts {
    made: [OnceLock<Start>; 3],
}

impl Starts {
    pub(super) fn get(&self, ground: Ground) -> &Start {
        self.made[ground as usize].get_or_init(|| Start::new(ground))
    }
}

/// That many seconds after the instant around which random events lie.
pub(super) fn at(second: i64) -> Timestamp {
    now().saturating_add(second * 1_000_000_000)
}

/// Opens the store of a medium, whose clock shows these seconds.
pub(super) fn open(memory: &Memory, indexing: Indexing, second: &Arc<AtomicI64>) -> Storage {
    let second = Arc::clone(second);
    let options = Options {
        clock: Clock::new(move || at(second.load(Ordering::Relaxed))),
        indexing,
        memory: Budget { bytes: 4 * 1024 * 1024 },
        ..Options::default()
    };
    Storage::open_on(Arc::new(memory.clone()), DIR, &options).unwrap()
}

impl Start {
    fn new(ground: Ground) -> Self {
        let (memory, second) = (Memory::default(), Arc::new(AtomicI64::new(0)));
        let storage = open(&memory, Indexing::Never, &second);
        let mut reference = Reference::new(&store_id(&memory, storage));
        let storage = open(&memory, Indexing::Never, &second);
        let mut order = Order::new();
        let events = if ground == Ground::Empty { 0 } else { NEAR_BORDER };
        for start in (0..events).step_by(10_000) {
            let drafts: Vec<Draft> = (start..events.min(start + 10_000)).map(draft).collect();
            for draft in &drafts {
                let _ = reference.append(draft, at(0), &mut order);
            }
            storage.append(drafts).unwrap();
        }
        if ground == Ground::Segment {
            storage.seal_now().unwrap();
        }
        let snapshot = storage.snapshot();
        assert_eq!(snapshot.end(), EventId(events + 1));
        snapshot.parts().for_each(|part| checks::whole_part(&snapshot, &part, &reference));
        drop(snapshot);
        storage.close().unwrap();
        Self { memory, reference: reference.into_base() }
    }
}

/// The id that a new store has, which shows in the uids that it gives.
fn store_id(memory: &Memory, storage: Storage) -> String {
    storage.close().unwrap();
    let storage = open(&memory.copy(), Indexing::Never, &Arc::default());
    storage.append(vec![Draft::custom("first")]).unwrap();
    let uid = storage.snapshot().event(EventId(1)).unwrap().unwrap().uid;
    let id = uid.strip_prefix("eventscope:").and_then(|rest| rest.strip_suffix(":1"));
    id.unwrap().to_owned()
}
