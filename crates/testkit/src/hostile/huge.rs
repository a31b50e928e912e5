//! Dumps that are huge, or become so when they are unpacked. They are streams, made as they go.

use super::{
    Case, Dump, Expected, add,
    carrier::{CARRIERS, Place},
    packed::{gzip, zstd},
};
use crate::archives::{ZipMember, tar_member};

/// How large the huge ones are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Lines of 64 MiB, bombs of 512 MiB: enough to pass each limit.
    Small,
    /// Lines of 1 GiB, bombs of 10 GB.
    Full,
}

impl Scale {
    fn line_bytes(self) -> u64 {
        match self {
            Self::Small => 64 << 20,
            Self::Full => 1 << 30,
        }
    }

    fn bomb_bytes(self) -> u64 {
        match self {
            Self::Small => 512 << 20,
            Self::Full => 10_000_000_000,
        }
    }
}

/// The events that one record may hold.
const EVENTS_PER_RECORD: u64 = 65_536;

/// Bytes that are written at once.
const UNIT_BYTES: usize = 1 << 20;

/// Bytes of text that are compressed once, to be repeated.
const PIECE_BYTES: usize = 16 << 20;

/// The huge ones.
#[must_use]
pub fn huge(scale: Scale) -> Vec<Case> {
    let mut cases = Vec::new();
    add_lines(&mut cases, scale);
    add_bombs(&mut cases, scale);
    add_reports(&mut cases);
    add_envelopes(&mut cases);
    cases
}

/// Short reports that would become much in memory; a good record comes after them.
fn add_reports(cases: &mut Vec<Case>) {
    let good = CARRIERS[0].good();
    let end = b"],\"descriptor\":{\"timestamp\":\"2026-11-23T09:00:00Z\"}}\n";
    let tail = [end.as_slice(), &good, b"\n"].concat();
    let head = b"{\"matches\":[{}";
    // 15 MiB of findings that say nothing: more objects than a record may have.
    let dump = Dump::repeated(head, b",{}", 5_000_000, &tail);
    add(cases, "report-of-five-million-empty-objects", dump, Expected::whole(1, 1));
    // As few as a record may have, and more than it may have events.
    let unit = b",{\"vulnerability\":{},\"artifact\":{}}";
    let head = b"{\"matches\":[{\"vulnerability\":{},\"artifact\":{}}";
    let dump = Dump::repeated(head, unit, 99_000, &tail);
    let events = EVENTS_PER_RECORD + 1;
    add(cases, "report-of-a-hundred-thousand-empty-findings", dump, Expected::whole(events, 1));
}

/// Short envelopes and records to mend that would become much in memory.
fn add_envelopes(cases: &mut Vec<Case>) {
    let good = CARRIERS[0].good();
    let after = |end: &[u8]| [end, b"\n", &good, b"\n"].concat();
    let numbers = |head: &[u8], end: &[u8]| Dump::repeated(head, b",1", 7_000_000, &after(end));
    let head = b"{\"status\":\"success\",\"data\":{\"result\":[{\"values\":[1";
    add(cases, "envelope-of-seven-million-values", numbers(head, b"]}]}}"), Expected::whole(1, 0));
    let head = b"{\"took\":1,\"hits\":{\"hits\":[1";
    add(cases, "envelope-of-seven-million-hits", numbers(head, b"]}}"), Expected::whole(1, 0));
    let head = b"{\"_index\":\"i\",\"_source\":";
    let deep = Dump::repeated(b"", head, 600_000, &after(b"{}"));
    add(cases, "envelopes-600-thousand-deep", deep, Expected::whole(1, 1));
    let quotes =
        Dump::repeated(b"{\"stream\":\"s\",\"log\":\"{", b"\\\"", 7_000_000, &after(b"\"}"));
    add(cases, "envelope-of-seven-million-quotes", quotes, Expected::whole(1, 0));
    let inner = b"{\\\"stream\\\":\\\"s\\\",\\\"log\\\":\\\"";
    let open = Dump::repeated(b"{\"stream\":\"s\",\"log\":\"", inner, 400_000, &after(b"\"}"));
    add(cases, "envelope-of-texts-that-never-close", open, Expected::whole(1, 0));
    let part = b",{\"_index\":\"i\",\"_source\":{\"log\":\"{}\",\"stream\":\"s\"}}";
    let head = b"{\"took\":1,\"hits\":{\"hits\":[1";
    let parts = Dump::repeated(head, part, 90_000, &after(b"]}}"));
    add(cases, "envelope-of-ninety-thousand-envelopes", parts, Expected::whole(1, 0));
    // A count with more digits than fit has the record looked through for what to mend.
    let head = b"{\"status\":\"success\",\"data\":{},\"n\":123456789012345678901234";
    let members = Dump::repeated(head, b",\"k\":1", 2_500_000, &after(b"}"));
    add(cases, "record-of-one-key-two-million-times", members, Expected::whole(1, 0));
    let members = Dump::repeated(head, b",\"k\":0.1234567890123456", 700_000, &after(b"}"));
    add(cases, "record-of-long-numbers", members, Expected::whole(1, 0));
}

/// A record or a line that does not end for very long; a good record comes after it.
fn add_lines(cases: &mut Vec<Case>, scale: Scale) {
    let carrier = CARRIERS[0];
    let tail = [b"\n", carrier.good().as_slice(), b"\n"].concat();
    let open = carrier.cut(Place::Text, b"\"");
    let units: [(&str, &[u8], &str, u64); 13] = [
        ("string-never-closed", &open, "a", 1),
        ("string-of-quotes", &open, "\\\"", 1),
        ("string-of-backslashes", &open, "\\\\", 1),
        ("text", b"", "log ", 0),
        ("digits", b"", "7", 0),
        ("blanks", b"", " ", 0),
        ("nuls", b"", "\0", 0),
        ("objects-opening", b"", "{\"a\":", 1),
        ("arrays-opening", b"", "[", 0),
        ("commas", b"{\"items\":[{\"a\":1}", ",", 1),
        ("key", b"{\"", "k", 1),
        ("blanks-in-record", b"{\"a\":", " ", 1),
        ("empty-objects", b"{\"items\":[{}", ",{}", 1),
    ];
    for (name, head, unit, rejects) in units {
        let unit = unit.repeat(UNIT_BYTES / unit.len());
        let mut times = scale.line_bytes() / unit.len() as u64;
        if name == "empty-objects" {
            // These are 90 million records, and each is looked at.
            times /= 4;
        }
        // Between commas, white space and line ends are none of a list's faults: the good record
        // after them is one of its items, and its end is missing.
        let dump = Dump::repeated(head, unit.as_bytes(), times, &tail);
        add(cases, format!("huge-line-{name}"), dump, Expected::whole(1, rejects));
    }
}

/// Texts that unpack to a thousand times their size.
fn add_bombs(cases: &mut Vec<Case>, scale: Scale) {
    let record = [CARRIERS[0].good().as_slice(), b"\n"].concat();
    let texts: [(&str, &[u8]); 7] = [
        ("nuls", b"\0"),
        ("blanks", b" "),
        ("line-ends", b"\n"),
        ("short-lines", b"x\n"),
        ("empty-objects", b"{}\n"),
        ("broken-records", b"{\"a\n"),
        ("good-records", &record),
    ];
    for (name, unit) in texts {
        // Millions of short records are a matter of speed, which a small run does not measure.
        if scale == Scale::Small && !matches!(name, "nuls" | "blanks") {
            continue;
        }
        let piece = unit.repeat(PIECE_BYTES / unit.len());
        let times = scale.bomb_bytes() / piece.len() as u64;
        let events = if name == "good-records" { u64::MAX } else { 0 };
        let (packed, member) = (gzip(&piece), ZipMember::new("b", &piece));
        for (packer, packed) in [
            ("zstd", zstd(&piece)),
            ("zip", member.bytes()),
            ("zip-streamed", member.described_after().bytes()),
            ("gzip-in-zip", ZipMember::stored("b.gz", &packed).bytes()),
            ("gzip-in-tar", tar_member("b.gz", &packed)),
            ("gzip", packed),
        ] {
            let dump = Dump::repeated(b"", &packed, times, b"");
            let name = format!("bomb-{packer}-of-{name}");
            add(cases, name, dump, Expected::failed(events));
        }
        // The inner gzip members are alike, so the outer layer makes them shorter by much again.
        let members = gzip(&piece).repeat(16);
        let dump = Dump::repeated(b"", &zstd(&members), times / 16, b"");
        let name = format!("bomb-gzip-in-zstd-of-{name}");
        add(cases, name, dump, Expected::failed(events));
    }
    if scale == Scale::Small {
        return;
    }
    let nothing = gzip(b"").repeat(UNIT_BYTES / 20);
    let dump = Dump::repeated(b"", &zstd(&nothing), scale.bomb_bytes() / UNIT_BYTES as u64, b"");
    add(cases, "bomb-of-empty-gzip-members-in-zstd", dump, Expected::failed(0));
}
