//! A question for words that was asked before reads no file.

use super::options;
use crate::language::random_draft;
use eventscope_model::Draft;
use eventscope_query::{Request, execute};
use eventscope_storage::{Indexing, Storage};
use eventscope_testkit::Rng;
use eventscope_testkit::medium::Memory;
use std::sync::Arc;

/// A store of three segments with words of each kind, and what counts what is read of it.
fn store() -> (Memory, Storage) {
    let memory = Memory::default();
    let options = options(Indexing::Background);
    let storage = Storage::open_on(Arc::new(memory.clone()), "/events.db", &options).unwrap();
    let mut rng = Rng::new(5);
    for round in 0..3 {
        let draft = |nth: u64| {
            let text = format!("request {nth} timed out: コンテナが停止しました {}", nth * 7_919);
            let name = format!("Event {round}");
            Draft { name, ..random_draft(&mut rng).description(text) }
        };
        storage.append((0..900).map(draft).collect::<Vec<Draft>>()).unwrap();
        storage.seal_now().unwrap();
    }
    storage.finish_text(|_, _| ()).unwrap();
    (memory, storage)
}

#[test]
fn what_is_asked_again_is_not_read_again() {
    let (memory, storage) = store();
    let snapshot = storage.snapshot();
    for (query, total) in [
        ("text = 'コンテナ'", 2_700),
        ("text = 'コンテナが停止'", 2_700),
        ("text = '\"request 7 timed out\"'", 3),
        ("text = '\"timed out\" 7919'", 3),
        ("text = '\"request 7\"*'", 333),
        ("text = '\"event 1\"'", 900),
    ] {
        let filter = eventscope_scope::parse(query).unwrap().lower(super::now());
        let request = Request::new(filter).newest(0);
        let ask = || execute(&request, &snapshot, None).unwrap().total;
        let before = memory.steps();
        assert_eq!(ask(), total, "{query}");
        assert!(memory.steps() > before, "{query}: the first time, something has to be read");
        let before = memory.steps();
        assert_eq!(ask(), total, "{query}");
        assert_eq!(memory.steps() - before, 0, "{query}");
    }
    let open = storage.stats().unwrap().text_files_open;
    assert_eq!(open, 3);
}
