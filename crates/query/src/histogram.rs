//! How many of the matching events fall into which stretch of time.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "hits of a part are at most 65,536, events in all fewer than 2^64"
)]

use crate::error::{Error, Result};
use crate::limits::BUCKETS_MAX;
use crate::select::Hits;
use eventscope_model::Timestamp;
use eventscope_storage::{Part, Times};
use hashbrown::HashMap;
use std::num::NonZeroU64;
use std::ops::Range;

/// Buckets of a part up to which the hits before each of their ends are counted at once.
const COUNTED_BUCKETS_MAX: u64 = 256;

/// What the steps of both ways of counting cost, in nanoseconds, as measured on one core with times
/// that lie outside its caches.
mod cost {
    /// Counting the hits before a time, but for those that have to be looked at.
    pub(super) const BOUND: usize = 500;
    /// Looking at the time of a hit for that.
    pub(super) const BOUND_HIT: usize = 2;
    /// Looking at the time of a hit and counting it in its bucket.
    pub(super) const HIT: usize = 4;
}

/// Counts the matching events by time, part by part. Buckets begin at multiples of their width
/// since 1970, UTC.
#[derive(Debug)]
pub(crate) struct Histogram {
    width: NonZeroU64,
    /// By the number of the bucket since 1970.
    counts: HashMap<u64, u64>,
}

impl Histogram {
    pub(crate) fn new(bucket_nanos: NonZeroU64) -> Self {
        Self { width: bucket_nanos, counts: HashMap::new() }
    }

    /// Counts the hits of a part.
    pub(crate) fn add(&mut self, part: &Part<'_>, hits: &Hits<'_>) -> Result<()> {
        for event in hits.amended {
            self.count(self.bucket(event.time), 1);
        }
        if hits.len > 0 {
            let (first, last) = part.time_span();
            let (first, last) = (self.bucket(first), self.bucket(last));
            if first == last {
                self.count(first, hits.len.into());
            } else {
                let times = part.times()?;
                if self.counting_pays(&times, hits, part.len(), first..last) {
                    self.count_buckets(&times, hits, first..last);
                } else {
                    self.walk(&times, hits);
                }
            }
        }
        if self.counts.len() > BUCKETS_MAX {
            return Err(Error::TooManyBuckets { max: BUCKETS_MAX });
        }
        Ok(())
    }

    /// Whether counting the hits before the end of each bucket is cheaper than looking at all hits.
    fn counting_pays(&self, times: &Times, hits: &Hits<'_>, len: u32, ended: Range<u64>) -> bool {
        if ended.end - ended.start > COUNTED_BUCKETS_MAX {
            return false;
        }
        let mixed: usize = ended
            .map(|bucket| {
                cost::BOUND
                    + times.mixed_before(self.start(bucket + 1))
                        * cost::BOUND_HIT
                        * hits.len as usize
                        / len as usize
            })
            .sum();
        mixed < hits.len as usize * cost::HIT
    }

    /// Counts the hits of a part by those before the end of each bucket but the last.
    fn count_buckets(&mut self, times: &Times, hits: &Hits<'_>, ended: Range<u64>) {
        let (mut before, last) = (0, ended.end);
        for bucket in ended {
            let until = times.count_before(self.start(bucket + 1), hits.rows);
            self.count(bucket, u64::from(until - before));
            before = until;
        }
        self.count(last, u64::from(hits.len - before));
    }

    /// Counts each hit. Neighbours mostly share a bucket, so they are counted together.
    fn walk(&mut self, times: &Times, hits: &Hits<'_>) {
        let (mut bucket, mut events) = (0, 0);
        let (mut start, mut end) = (Timestamp::MAX, Timestamp::EPOCH);
        hits.rows.iter().for_each(|row| {
            let time = times.time(row);
            if time < start || time >= end {
                self.count(bucket, events);
                bucket = self.bucket(time);
                start = self.start(bucket);
                end = self.start(bucket + 1);
                events = 0;
            }
            events += 1;
        });
        self.count(bucket, events);
    }

    fn count(&mut self, bucket: u64, events: u64) {
        if events > 0 {
            *self.counts.entry(bucket).or_default() += events;
        }
    }

    fn bucket(&self, time: Timestamp) -> u64 {
        // Times are never negative.
        time.nanos().unsigned_abs() / self.width
    }

    /// Where a bucket begins; past the last time there is, that time.
    fn start(&self, bucket: u64) -> Timestamp {
        let nanos = bucket.saturating_mul(self.width.get());
        i64::try_from(nanos).ok().and_then(Timestamp::from_nanos).unwrap_or(Timestamp::MAX)
    }

    /// The buckets with events, ascending.
    pub(crate) fn finish(self) -> Vec<(Timestamp, u64)> {
        let mut buckets: Vec<_> =
            self.counts.iter().map(|(bucket, events)| (self.start(*bucket), *events)).collect();
        buckets.sort_unstable();
        buckets
    }
}
