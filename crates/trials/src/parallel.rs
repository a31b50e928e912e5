//! Work for all cores, whose results come in the order of the work.

use crate::Failure;

/// Deals things out to as many lanes as there are cores, in the order of the things within each
/// lane, and gives the results in the order of the things.
///
/// # Errors
/// The first failure of the first lane that has one.
pub(crate) fn in_parallel<T: Send, R: Send>(
    things: Vec<T>,
    work: impl Fn(Box<dyn Iterator<Item = T> + '_>) -> Result<Vec<R>, Failure> + Sync,
) -> Result<Vec<R>, Failure> {
    let lanes = std::thread::available_parallelism().map_or(1, usize::from);
    let mut dealt: Vec<Vec<T>> = std::iter::repeat_with(Vec::new).take(lanes).collect();
    let count = things.len();
    for (at, thing) in things.into_iter().enumerate() {
        dealt[at % lanes].push(thing);
    }
    let work = &work;
    let done: Vec<Result<Vec<R>, Failure>> = std::thread::scope(|scope| {
        let running: Vec<_> = dealt
            .into_iter()
            .map(|lane| scope.spawn(move || work(Box::new(lane.into_iter()))))
            .collect();
        let panicked = |_| Err(Failure::new("it panicked"));
        running.into_iter().map(|lane| lane.join().unwrap_or_else(panicked)).collect()
    });
    let mut lanes: Vec<_> = Vec::new();
    for lane in done {
        lanes.push(lane?.into_iter());
    }
    let turns = lanes.len();
    Ok((0..count).filter_map(|at| lanes[at % turns].next()).collect())
}
