//! A long life: reads and writes, retention, and an open and a close now and then, while nothing
//! grows; and many opens and closes that leave nothing behind.
//!
//! Two threads of a process of its own read four times for each write. At the end of each sitting
//! the store is pruned, and the process is measured: memory, open files and threads, the bytes that
//! the store takes, and what is left allocated once it is closed. Each read is checked on the side:
//! the counts of a facet add up to the total.
//!
//! What is allocated may not grow. What the system says that the process takes is bounded, but it
//! does grow for a long time: an allocator keeps what was freed, in pieces of all sizes.
//!
//! The work is measured by time, so the digest is that of the orders only. Only Linux has `/proc`;
//! elsewhere the trial says so by `skipped=1`.

use super::child::{Running, Task, say};
use super::worker::STORE;
use crate::{Failure, Figures, Orders, PEAK};
use eventscope::{FacetKey, Options, Remark, Request, Retention, Store, Targets};
use eventscope_storage::limits::{LOG_KEPT_BYTES, SEGMENTS_KEPT_BYTES};
use eventscope_testkit::Rng;
use eventscope_testkit::generate::Generator;
use std::fs::DirEntry;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the caches may take.
const MEMORY_BYTES: usize = 32 * 1024 * 1024;
/// What may be allocated: caches, the tail, what is being indexed and sealed.
const ALLOCATED_KIB_MAX: u64 = 128 * 1_024;
/// What the process may take.
const TAKEN_KIB_MAX: u64 = 512 * 1_024;
/// KiB a minute by which what is allocated may grow; a short life is all beginning.
const GROWTH_MAX: u64 = 64;
const GROWTH_OF_A_SHORT_LIFE: u64 = 64 * 1_024;
/// What many opens and closes may leave.
const LEFT_KIB_MAX: u64 = 64;
/// Events of one append at most: one in eight is of that size, for segments to be sealed.
const LARGE: usize = 2_000;
const SMALL: usize = 40;
/// Reads for each hundred operations.
const READS_PERCENT: usize = 80;
/// Opens and closes before the first measurement: what is set up once is there by then.
const WARMING: u64 = 40;

/// Limits of a soak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Soak {
    pub(crate) seed: u64,
    pub(crate) seconds: u64,
    /// Milliseconds between an open and a close.
    pub(crate) sitting: u64,
    /// What retention lets the store take on the disk.
    pub(crate) bytes: u64,
}

/// A process, measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sample {
    millis: u64,
    /// What the system says that the process takes.
    rss_kib: u64,
    /// What is allocated, while the store is open and once it is closed.
    open_kib: u64,
    closed_kib: u64,
    files: u64,
    threads: u64,
    /// Bytes of the store, and the operations so far.
    bytes: u64,
    operations: u64,
}

pub(crate) fn run(orders: Orders) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    if Sample::take(0, 0, 0).is_err() {
        figures.add("skipped", 1);
        return Ok(figures);
    }
    let seed = orders.seed;
    let soak = orders.tier.pick(
        Soak { seed, seconds: 8, sitting: 1_000, bytes: 4 << 20 },
        Soak { seed, seconds: 600, sitting: 10_000, bytes: 48 << 20 },
    );
    let cycles = orders.tier.pick(60, 1_000);
    figures.saw(format!("{soak:?} {cycles}"));
    let folder = tempfile::tempdir()?;
    let samples = live(folder.path(), Task::Soak(soak), soak.seconds)?;
    judge(&samples, soak.bytes, orders.tier.pick(GROWTH_OF_A_SHORT_LIFE, GROWTH_MAX))?;
    figures.add("operations", samples.last().map_or(0, |last| last.operations));
    figures.add("sittings", samples.len() as u64);
    let most = |of: fn(&Sample) -> u64| samples.iter().map(of).max().unwrap_or_default();
    figures.add("rss_mib_max", most(|sample| sample.rss_kib) / 1024);
    figures.add("allocated_mib_max", most(|sample| sample.open_kib) / 1024);
    figures.add("kib_per_minute", kib_per_minute(settled(&samples)).max(0.0) as u64);
    figures.add("store_kib_max", most(|sample| sample.bytes) / 1024);
    figures.add("files", most(|sample| sample.files));
    figures.add("threads", most(|sample| sample.threads));
    let folder = tempfile::tempdir()?;
    let samples = live(folder.path(), Task::Cycles(cycles), 0)?;
    judge_cycles(&samples)?;
    figures.add("cycles", cycles);
    Ok(figures)
}

/// Lets a child live, and gives its measurements.
fn live(folder: &Path, task: Task, seconds: u64) -> Result<Vec<Sample>, Failure> {
    let child = Running::start(folder, task, &[])?;
    let (status, lines) = child.wait_for(Duration::from_secs(seconds))?;
    if !status.success() {
        return Err(Failure::new(format!("the child ended with {status}: {:?}", lines.last())));
    }
    let unreadable = |line: &String| Failure::new(format!("the child said {line:?}"));
    lines.iter().map(|line| Sample::of_line(line).ok_or_else(|| unreadable(line))).collect()
}

/// Whether an open file is one of those whose number is constant. Text files stay open as long as
/// they are asked, up to a number of their own; one that was removed is not to be held.
fn is_counted(file: &io::Result<DirEntry>) -> bool {
    let target = file.as_ref().ok().and_then(|file| std::fs::read_link(file.path()).ok());
    target.is_none_or(|target| target.extension().is_none_or(|ending| ending != "text"))
}

/// The later two thirds of a life.
fn settled(samples: &[Sample]) -> &[Sample] {
    &samples[samples.len() / 3..]
}

/// Nothing may grow: no files and threads at all, what is allocated by no more than so many KiB a
/// minute, the store by no more than retention allows it and its files may keep.
fn judge(samples: &[Sample], bytes: u64, growth: u64) -> Result<(), Failure> {
    let [first, .., last] = samples else {
        return Err(Failure::new(format!("only {} sittings", samples.len())));
    };
    for sample in samples {
        if (sample.files, sample.threads) != (first.files, first.threads) {
            return Err(Failure::new(format!("files or threads: {first:?}, then {sample:?}")));
        }
        if sample.open_kib > ALLOCATED_KIB_MAX || sample.rss_kib > TAKEN_KIB_MAX {
            return Err(Failure::new(format!("it takes too much memory: {sample:?}")));
        }
        if sample.bytes > bytes + LOG_KEPT_BYTES + SEGMENTS_KEPT_BYTES {
            return Err(Failure::new(format!("retention allows {bytes}: {sample:?}")));
        }
    }
    let slope = kib_per_minute(settled(samples));
    if slope > growth as f64 {
        let message = format!("what is allocated grows by {slope:.0} KiB a minute, up to {last:?}");
        return Err(Failure::new(message));
    }
    Ok(())
}

/// Opens and closes may leave nothing: no file, no thread, and next to nothing allocated.
fn judge_cycles(samples: &[Sample]) -> Result<(), Failure> {
    let [before, after] = samples else {
        return Err(Failure::new(format!("{} measurements of cycles", samples.len())));
    };
    let left = after.closed_kib.saturating_sub(before.closed_kib);
    if (before.files, before.threads) != (after.files, after.threads) || left > LEFT_KIB_MAX {
        return Err(Failure::new(format!("cycles leave something: {before:?}, then {after:?}")));
    }
    Ok(())
}

/// The slope of the line with the least squares through what is allocated once the store is closed.
fn kib_per_minute(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let minutes = |sample: &Sample| sample.millis as f64 / 60_000.0;
    let mean_x = samples.iter().map(minutes).sum::<f64>() / count;
    let mean_y = samples.iter().map(|sample| sample.closed_kib as f64).sum::<f64>() / count;
    let (mut up, mut along) = (0.0, 0.0);
    for sample in samples {
        let x = minutes(sample) - mean_x;
        up += x * (sample.closed_kib as f64 - mean_y);
        along += x * x;
    }
    if along > 0.0 { up / along } else { 0.0 }
}

impl Sample {
    fn take(millis: u64, bytes: u64, operations: u64) -> Result<Self, Failure> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let figure = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
                .ok_or_else(|| Failure::new(format!("/proc does not say {name}")))
        };
        // The folder that is read is one of the open files itself, each time.
        let files = std::fs::read_dir("/proc/self/fd")?.filter(is_counted).count() as u64;
        let (rss_kib, threads) = (figure("VmRSS:")?, figure("Threads:")?);
        let open_kib = allocated_kib();
        Ok(Self { millis, rss_kib, open_kib, closed_kib: 0, files, threads, bytes, operations })
    }

    /// The same, once the store is closed.
    fn closed(self) -> Self {
        Self { closed_kib: allocated_kib(), ..self }
    }

    fn to_line(self) -> String {
        let Self { millis, rss_kib, open_kib, closed_kib, .. } = self;
        let Self { files, threads, bytes, operations, .. } = self;
        format!("{millis} {rss_kib} {open_kib} {closed_kib} {files} {threads} {bytes} {operations}")
    }

    fn of_line(line: &str) -> Option<Self> {
        let numbers: Option<Vec<u64>> = line.split(' ').map(|word| word.parse().ok()).collect();
        let [millis, rss_kib, open_kib, closed_kib, files, threads, bytes, operations] =
            *numbers?.as_slice()
        else {
            return None;
        };
        Some(Self { millis, rss_kib, open_kib, closed_kib, files, threads, bytes, operations })
    }
}

/// Lives so long with a store in a folder, and says a measurement at the end of each sitting.
pub(super) fn soak(folder: &Path, soak: Soak) -> Result<(), Failure> {
    let start = Instant::now();
    let end = start + Duration::from_secs(soak.seconds);
    let retention = Retention::default().max_bytes(soak.bytes);
    let operations = AtomicU64::new(0);
    let mut sources: Vec<(Generator, Rng)> = (0..2)
        .map(|nth| (Generator::new(soak.seed * 2 + nth), Rng::new(soak.seed * 2 + nth)))
        .collect();
    while Instant::now() < end {
        let options = Options {
            memory_bytes: MEMORY_BYTES,
            retention: retention.clone(),
            ..Options::default()
        };
        let store = Store::open_with(folder.join(STORE), options)?;
        let until = end.min(Instant::now() + Duration::from_millis(soak.sitting));
        std::thread::scope(|scope| {
            let works: Vec<_> = sources
                .iter_mut()
                .map(|(events, rng)| {
                    scope.spawn(|| {
                        while Instant::now() < until {
                            operate(&store, events, rng)?;
                            operations.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok::<(), Failure>(())
                    })
                })
                .collect();
            let panicked = |_| Failure::new("a thread panicked");
            works.into_iter().try_for_each(|work| work.join().map_err(panicked)?)
        })?;
        store.prune(&retention)?;
        let bytes = store.stats()?.bytes;
        // What is not sealed yet never goes for its bytes, and is in the log.
        let bytes = bytes.total() - bytes.log.saturating_sub(LOG_KEPT_BYTES);
        let millis = start.elapsed().as_millis() as u64;
        let sample = Sample::take(millis, bytes, operations.load(Ordering::Relaxed))?;
        store.close()?;
        say(&sample.closed().to_line())?;
    }
    Ok(())
}

fn allocated_kib() -> u64 {
    PEAK.current_usage() as u64 / 1_024
}

/// One read or write.
fn operate(store: &Store, events: &mut Generator, rng: &mut Rng) -> Result<(), Failure> {
    if rng.percent(READS_PERCENT) {
        return read(store, rng);
    }
    match rng.below(16) {
        0 => {
            let targets = Targets::parse("severity <= 3 and acknowledged = false")?;
            store.acknowledge(&targets, &Remark::by("trial"))?;
        }
        1 => {
            let targets = Targets::parse("type = kubernetes and severity = 6")?;
            store.delete(&targets, &Remark::by("trial"))?;
        }
        nth => {
            let count = if nth < 4 { LARGE } else { 1 + rng.below(SMALL) };
            store.append(events.take(count).collect::<Vec<_>>())?;
        }
    }
    Ok(())
}

fn read(store: &Store, rng: &mut Rng) -> Result<(), Failure> {
    let expressions = [
        "severity <= 4",
        "text = 'killed'",
        "text = 'pod rest*' and type = kubernetes",
        "acknowledged = true",
        "source = docker or type = alert",
        "not (severity >= 5)",
    ];
    let expression = *rng.pick(&expressions);
    let request = Request::parse(expression)?
        .newest(rng.below(50))
        .facet(FacetKey::Severity)
        .facet(FacetKey::Source)
        .histogram(Duration::from_secs(3_600));
    let page = store.query(&request)?;
    for facet in &page.facets {
        let values: u64 = facet.values.iter().map(|(_, count)| count).sum();
        if values + facet.other + facet.missing != page.total {
            let message = format!("{expression}: {} events, but {facet:?}", page.total);
            return Err(Failure::new(message));
        }
    }
    let buckets: u64 = page.histogram.iter().map(|(_, count)| count).sum();
    if buckets != page.total {
        return Err(Failure::new(format!("{expression}: {}, in buckets {buckets}", page.total)));
    }
    Ok(())
}

/// Opens and closes a store that often, with a little work in between, and says a measurement
/// before and after.
pub(super) fn cycles(folder: &Path, cycles: u64) -> Result<(), Failure> {
    let mut events = Generator::new(1);
    let retention = Retention::default().max_bytes(1 << 30);
    for cycle in 0..WARMING + cycles {
        if cycle == WARMING {
            say(&Sample::take(0, 0, cycle)?.closed().to_line())?;
        }
        let options = Options {
            memory_bytes: MEMORY_BYTES,
            retention: retention.clone(),
            ..Options::default()
        };
        let store = Store::open_with(folder.join(STORE), options)?;
        if cycle % 100 == 0 {
            store.append(events.by_ref().take(SMALL).collect::<Vec<_>>())?;
        }
        store.query(&Request::parse("text = 'killed'")?.facet(FacetKey::Severity))?;
        store.close()?;
    }
    say(&Sample::take(0, 0, WARMING + cycles)?.closed().to_line())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(millis: u64, closed_kib: u64) -> Sample {
        let (rss_kib, open_kib) = (closed_kib * 3, closed_kib);
        let (files, threads, bytes, operations) = (9, 6, 100, 5);
        Sample { millis, rss_kib, open_kib, closed_kib, files, threads, bytes, operations }
    }

    #[test]
    fn a_measurement_survives_its_line() {
        let sample = sample(1_000, 2_000);
        assert_eq!(Sample::of_line(&sample.to_line()), Some(sample));
        assert_eq!(Sample::of_line("1 2 3"), None);
    }

    #[test]
    fn what_grows_is_found() {
        let minutes = |rss: fn(u64) -> u64| -> Vec<Sample> {
            (0..12).map(|minute| sample(minute * 60_000, rss(minute))).collect()
        };
        let flat = minutes(|minute| 5_000 + minute % 2);
        assert!(judge(&flat, 100, GROWTH_MAX).is_ok());
        let growing = minutes(|minute| 5_000 + minute * 2_000);
        assert!((kib_per_minute(&growing) - 2_000.0).abs() < 0.001);
        assert!(judge(&growing, 100, GROWTH_MAX).is_err());
        // What comes before memory has settled does not count.
        let settling = minutes(|minute| 5_000 + minute.min(3) * 20_000);
        assert!(judge(&settling, 100, GROWTH_MAX).is_ok());
        let mut taken = flat.clone();
        taken[3].open_kib = ALLOCATED_KIB_MAX + 1;
        assert!(judge(&taken, 100, GROWTH_MAX).is_err());
        let mut large = flat.clone();
        large[5].bytes = 101 + LOG_KEPT_BYTES + SEGMENTS_KEPT_BYTES;
        assert!(judge(&large, 100, GROWTH_MAX).is_err());
        for leak in [|it: &mut Sample| it.files += 1, |it: &mut Sample| it.threads += 1] {
            let mut leaking = flat.clone();
            leak(&mut leaking[7]);
            assert!(judge(&leaking, 100, GROWTH_MAX).is_err());
            let mut after = flat[1];
            leak(&mut after);
            assert!(judge_cycles(&[flat[0], after]).is_err());
        }
        assert!(judge_cycles(&[flat[0], flat[1]]).is_ok());
        assert!(judge_cycles(&[growing[0], growing[1]]).is_err());
    }
}
