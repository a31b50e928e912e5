//! Appends, imports, opening and changes, all durable, beside what the disk takes at the least.
//!
//! ```text
//! cargo bench -p eventscope-benches --bench writes
//! ```

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
#![expect(missing_docs, reason = "the macros of criterion write functions without any")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use eventscope::{Draft, EventId, Indexing, Options, Remark, Store, Targets};
use eventscope_benches::stores;
use eventscope_formats::{ImportOptions, Importer};
use eventscope_testkit::generate::Generator;
use eventscope_testkit::native::write_line;
use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

/// A page of the file, which is the least that a commit writes.
const PAGE: [u8; 4096] = [0; 4096];
/// Lines that are imported at once.
const LINES: usize = 100_000;

fn appends(criterion: &mut Criterion) {
    std::fs::create_dir_all(stores::folder()).unwrap();
    let folder = tempfile::tempdir_in(stores::folder()).unwrap();
    let mut group = criterion.benchmark_group("append");
    group.sample_size(20);
    // A durable commit of the log is a write and an fdatasync of the pages, then the same of the
    // header that makes them count.
    let mut file = File::create(folder.path().join("bare")).unwrap();
    group.bench_function("two writes, two fdatasync", |bencher| {
        bencher.iter(|| {
            for _ in 0..2 {
                file.write_all(&PAGE).unwrap();
                file.sync_data().unwrap();
            }
        });
    });
    let options = || Options { indexing: Indexing::Never, ..Options::default() };
    for batch in [1, 100, 10_000] {
        let path = folder.path().join(format!("{batch}.db"));
        let store = Store::open_with(path, options()).unwrap();
        let mut generator = Generator::new(3);
        group.throughput(Throughput::Elements(batch as u64));
        group.bench_function(format!("{batch} a commit"), |bencher| {
            let drafts = || generator.by_ref().take(batch).collect::<Vec<Draft>>();
            bencher.iter_batched(
                drafts,
                |drafts| store.append(drafts).unwrap(),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn import(criterion: &mut Criterion) {
    let mut lines = Vec::new();
    let generator = Generator::new(4).take(LINES);
    generator.for_each(|draft| write_line(&draft, &mut lines).unwrap());
    let mut group = criterion.benchmark_group("import");
    group.sample_size(10);
    group.throughput(Throughput::Elements(LINES as u64));
    group.bench_function("read and check, one thread", |bencher| {
        bencher.iter(|| {
            let mut importer = Importer::new(ImportOptions::default());
            importer.read(lines.as_slice()).filter(|record| record.is_ok()).count()
        });
    });
    group.bench_function("into a store, words indexed", |bencher| {
        bencher.iter_batched(
            || tempfile::tempdir_in(stores::folder()).unwrap(),
            |folder| {
                let store = Store::open(folder.path().join("events.db")).unwrap();
                let mut batch = Vec::with_capacity(stores::BATCH);
                for record in Importer::new(ImportOptions::default()).read(lines.as_slice()) {
                    batch.push(record.unwrap().content.unwrap());
                    if batch.len() == stores::BATCH {
                        store.append(std::mem::take(&mut batch)).unwrap();
                    }
                }
                store.append(batch).unwrap();
                store.finish_text(|_, _| ()).unwrap();
                folder
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn open(criterion: &mut Criterion) {
    let path = stores::path(stores::events());
    let mut group = criterion.benchmark_group("open");
    group.sample_size(10);
    group.bench_function("after a clean close", |bencher| {
        // One store at a time; closing it is not measured.
        bencher.iter_custom(|rounds| {
            let open = || {
                let start = Instant::now();
                let store = Store::open(black_box(&path)).unwrap();
                let taken = start.elapsed();
                store.close().unwrap();
                taken
            };
            (0..rounds).map(|_| open()).sum()
        });
    });
    group.finish();
}

fn changes(criterion: &mut Criterion) {
    let (_folder, store) = stores::copy(stores::events());
    let mut group = criterion.benchmark_group("change");
    group.sample_size(20);
    let events = store.end().0 - 1;
    let mut place = 0;
    group.bench_function("acknowledge one event", |bencher| {
        bencher.iter(|| {
            // A prime step, so that no event comes twice. Custom events refuse.
            place = (place + 7_919) % events;
            let targets = Targets::id(EventId(place + 1));
            store.acknowledge(&targets, &Remark::by("bench")).unwrap()
        });
    });
    let docker = Targets::parse("type = docker").unwrap();
    group.bench_function("acknowledge by an expression, and back", |bencher| {
        bencher.iter(|| {
            store.acknowledge(&docker, &Remark::by("bench")).unwrap();
            store.unacknowledge(&docker, &Remark::by("bench")).unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, appends, import, open, changes);
criterion_main!(benches);
