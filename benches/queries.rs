//! Every shape of question: the exact total and what else it asks for.
//!
//! ```text
//! cargo bench -p eventscope-benches --bench queries
//! EVENTSCOPE_BENCH_EVENTS=10000000 cargo bench -p eventscope-benches --bench queries -- fresh
//! ```
//!
//! `fresh` computes each answer from the indexes; `kept` may use results of the answers before;
//! `beside a writer` is `fresh` while batches of 1,000 are appended to the store without pause;
//! `beside a reader` is `fresh` while another thread asks the same.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
#![expect(missing_docs, reason = "the macros of criterion write functions without any")]

use criterion::{Criterion, criterion_group, criterion_main};
use eventscope::Store;
use eventscope_benches::shapes::{self, Shape};
use eventscope_benches::stores;
use eventscope_benches::work::While;
use std::hint::black_box;

fn all_shapes(criterion: &mut Criterion) {
    let store = stores::open(stores::events());
    let shapes = shapes::all(&store);
    group(criterion, "fresh", &store, &shapes, |shape| &shape.request);
    group(criterion, "kept", &store, &shapes, |shape| &shape.kept);
    for shape in &shapes {
        let beside = While::asking(&store, &shape.request);
        group(criterion, "beside a reader", &store, std::slice::from_ref(shape), |it| &it.request);
        drop(beside);
    }
}

fn group(
    criterion: &mut Criterion,
    name: &str,
    store: &Store,
    shapes: &[Shape],
    request: impl Fn(&Shape) -> &eventscope::Request,
) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20);
    for shape in shapes {
        group.bench_function(shape.name, |bencher| {
            bencher.iter(|| black_box(store.query(request(shape)).unwrap()));
        });
    }
    group.finish();
}

fn beside_a_writer(criterion: &mut Criterion) {
    let (_folder, store) = stores::copy(stores::events());
    let shapes = shapes::all(&store);
    let writer = While::appending(&store);
    group(criterion, "beside a writer", &store, &shapes, |shape| &shape.request);
    drop(writer);
}

fn completion(criterion: &mut Criterion) {
    let store = stores::open(stores::events());
    let mut group = criterion.benchmark_group("completion");
    group.bench_function("label keys", |bencher| {
        bencher.iter(|| black_box(store.labels("kube").unwrap()));
    });
    group.bench_function("values of a label", |bencher| {
        bencher.iter(|| black_box(store.values("kubernetes.node.name", "ip-10-2").unwrap()));
    });
    group.bench_function("values of a label with many", |bencher| {
        bencher.iter(|| black_box(store.values("kubernetes.pod.name", "gateway-a").unwrap()));
    });
    group.finish();
}

criterion_group!(benches, all_shapes, beside_a_writer, completion);
criterion_main!(benches);
