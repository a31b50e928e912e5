//! Compression that is cut off, corrupt, followed by something, or nested.

use super::{Case, Expected, add, carrier::CARRIERS};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// The bytes as a gzip member.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // A vector takes whatever it is given.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// The bytes as a zstd frame with a checksum, as the zstd tool writes it.
pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let pack = || {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3)?;
        encoder.include_checksum(true)?;
        encoder.write_all(bytes)?;
        encoder.finish()
    };
    // A vector takes whatever it is given.
    pack().unwrap_or_default()
}

/// A compression: its name, and what does it.
type Packer = (&'static str, fn(&[u8]) -> Vec<u8>);

const PACKERS: [Packer; 2] = [("gzip", gzip), ("zstd", zstd)];

/// Records in a dump, so that it has several blocks' worth of text.
const RECORDS: u64 = 500;

pub(super) fn add_packed(cases: &mut Vec<Case>) {
    let carrier = CARRIERS[0];
    let good = carrier.good();
    let text: Vec<u8> = (0..RECORDS)
        .flat_map(|n| {
            let mut line =
                carrier.with(super::carrier::Place::Label, format!("\"{n}\"").as_bytes());
            line.push(b'\n');
            line
        })
        .collect();
    for (name, pack) in PACKERS {
        let packed = pack(&text);
        for tenth in 0..10 {
            let cut = packed.get(..(packed.len() * tenth / 10).max(5)).unwrap_or_default();
            let dump = cut.to_vec();
            add(cases, format!("{name}-cut-at-{tenth}0-percent"), dump, Expected::failed(RECORDS));
        }
        let cut = packed.get(..packed.len() - 1).unwrap_or_default();
        add(cases, format!("{name}-last-byte-missing"), cut, Expected::failed(RECORDS));
        for third in 1..3 {
            let mut corrupt = packed.clone();
            for byte in corrupt.iter_mut().skip(packed.len() * third / 3).take(40) {
                *byte ^= 0x5a;
            }
            let name = format!("{name}-corrupt-at-{third}-thirds");
            add(cases, name, corrupt, Expected::failed(RECORDS));
        }
        let twice = [packed.as_slice(), &packed].concat();
        add(cases, format!("{name}-two-members"), twice, Expected::whole(2 * RECORDS, 0));
        let split = text.len() / 2 + 7;
        let (first, second) = text.split_at(split);
        let seam = [pack(first), pack(second)].concat();
        add(cases, format!("{name}-record-across-members"), seam, Expected::whole(RECORDS, 0));
        let empty = [pack(b""), packed.clone(), pack(b"")].concat();
        add(cases, format!("{name}-empty-members"), empty, Expected::whole(RECORDS, 0));
        let garbage = [packed.as_slice(), b"\x01garbage after the end"].concat();
        add(cases, format!("{name}-garbage-after"), garbage, Expected::failed(RECORDS));
        let half = [packed.as_slice(), packed.get(..20).unwrap_or_default()].concat();
        add(cases, format!("{name}-half-a-member-after"), half, Expected::failed(RECORDS));
        add(cases, format!("{name}-of-nothing"), pack(b""), Expected::whole(0, 0));
        add(cases, format!("{name}-of-nuls"), pack(&[0; 100_000]), Expected::whole(0, 0));
        let magic = packed.get(..4).unwrap_or_default();
        add(cases, format!("{name}-magic-only"), magic, Expected::failed(0));
        for (outer, pack_again) in PACKERS {
            let nested = pack_again(&pack(&good));
            add(cases, format!("{name}-in-{outer}"), nested, Expected::whole(1, 0));
            let cut = pack_again(packed.get(..packed.len() / 2).unwrap_or_default());
            let name = format!("{name}-cut-in-{outer}");
            add(cases, name, cut, Expected::failed(RECORDS));
        }
        let thrice = gzip(&zstd(&pack(&good)));
        add(cases, format!("{name}-three-deep"), thrice, Expected::whole(0, 0));
    }
    let mut checksum = gzip(&text);
    if let Some(byte) = checksum.iter_mut().rev().nth(6) {
        *byte ^= 1;
    }
    add(cases, "gzip-checksum-wrong", checksum, Expected::failed(RECORDS));
    let mut length = gzip(&text);
    if let Some(byte) = length.iter_mut().rev().nth(1) {
        *byte ^= 1;
    }
    add(cases, "gzip-length-wrong", length, Expected::failed(RECORDS));
    let method = b"\x1f\x8b\x07\0\0\0\0\0\0\xff".as_slice();
    add(cases, "gzip-unknown-method", method, Expected::failed(0));
    // A frame that asks for a window of 2^41 bytes.
    let window = b"\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00".as_slice();
    add(cases, "zstd-huge-window", window, Expected::failed(0));
    let dictionary = b"\x28\xb5\x2f\xfd\x23\x78\x56\x34\x12\x00\x01\x00\x00".as_slice();
    add(cases, "zstd-unknown-dictionary", dictionary, Expected::failed(0));
}
