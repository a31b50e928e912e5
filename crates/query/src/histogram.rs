//! How many of the matching events fall into which stretch of time.

use crate::error::{Error, Result};
use crate::limits::BUCKETS_MAX;
use crate::select::Hits;
use eventscope_model::Timestamp;
use eventscope_storage::{Part, RowSet, Times};
use hashbrown::HashMap;
use std::num::NonZeroU64;
use std::ops::Range;

/// Buckets of a part up to which their boundaries are searched for. Each takes two binary searches,
/// about as long as looking at some hundred rows.
const SEARCHED_BUCKETS_MAX: u64 = 256;

/// What the steps of both ways of counting cost, in nanoseconds, as measured on one core with times
/// that lie outside its caches.
mod cost {
    /// Gathering one row of a bucket.
    pub(super) const BUCKET_ROW: usize = 2;
    /// Intersecting the rows of a bucket with the hits, and clearing them.
    pub(super) const BUCKET: usize = 900;
    /// Looking at the time of a hit, when hits are few and each has to be fetched from memory.
    pub(super) const FAR_HIT: usize = 10;
    /// Looking at the time of a hit, when hits lie close together.
    pub(super) const NEAR_HIT: usize = 3;
    /// Fetching all times of a part.
    pub(super) const TIMES: usize = 20_000;
}

/// Counts the matching events by time, part by part. Buckets begin at multiples of their width
/// since 1970, UTC.
#[derive(Debug)]
pub(crate) struct Histogram {
    width: NonZeroU64,
    /// By the number of the bucket since 1970.
    counts: HashMap<u64, u64>,
    /// The rows of one bucket, used again for the next.
    rows: RowSet,
}

impl Histogram {
    pub(crate) fn new(bucket_nanos: NonZeroU64) -> Self {
        Self { width: bucket_nanos, counts: HashMap::new(), rows: RowSet::empty() }
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
                match last - first {
                    ..SEARCHED_BUCKETS_MAX => self.add_by_bucket(&times, hits, first..last + 1),
                    _ => self.walk(&times, hits),
                }
            }
        }
        if self.counts.len() > BUCKETS_MAX {
            return Err(Error::TooManyBuckets { max: BUCKETS_MAX });
        }
        Ok(())
    }

    /// Counts the hits of a part with few buckets.
    fn add_by_bucket(&mut self, times: &Times, hits: &Hits<'_>, buckets: Range<u64>) {
        let positions = |bucket| {
            let end = self.start(bucket + 1).saturating_add(-1);
            // The last bucket there is has no end.
            let last = if bucket + 1 == buckets.end { Timestamp::MAX } else { end };
            times.positions(self.start(bucket), last)
        };
        let mut ranges: Vec<_> = buckets.clone().map(|at| (at, positions(at))).collect();
        ranges.retain(|(_, range)| !range.is_empty());
        if hits.len as usize == times.ascending().len() {
            ranges.iter().for_each(|(bucket, range)| self.count(*bucket, range.len() as u64));
            return;
        }
        // The bucket with the most rows gets the hits that the others leave.
        ranges.sort_unstable_by_key(|(_, range)| range.len());
        let Some((greatest, rest)) = ranges.split_last() else { return };
        let rows: usize = rest.iter().map(|(_, range)| range.len()).sum();
        let by_bucket = rows * cost::BUCKET_ROW + rest.len() * cost::BUCKET;
        let hit_count = hits.len as usize;
        let near = cost::TIMES + hit_count * cost::NEAR_HIT;
        if by_bucket > near.min(hit_count * cost::FAR_HIT) {
            return self.walk(times, hits);
        }
        let mut left = hits.len;
        for (bucket, range) in rest {
            range.clone().for_each(|position| self.rows.insert(times.row(position)));
            let events = self.rows.intersection_len(hits.rows);
            self.rows.clear();
            self.count(*bucket, events.into());
            left -= events;
        }
        self.count(greatest.0, left.into());
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
