//! How records become bytes: a frame with version and checksum around a bincode body.
//!
//! A frame is
//!
//! ```text
//! byte 0      version of the record layout, now 1
//! byte 1      kind of record, so that one never passes for another
//! byte 2      0 = the payload is the body, 1 = the payload is the body under zstd
//! bytes 3-10  XXH3-64 of the payload, seeded with bytes 0-2; little endian
//! bytes 11-   payload
//! ```
//!
//! Nothing outside this module knows bincode. Its advisory (unmaintained, RUSTSEC-2025-0141) is
//! answered by an exact pin, a size limit on every decode, a check that all bytes were used, and
//! this frame: bodies can move to another encoding under the next version byte.

use crate::error::{Error, Result};
use crate::limits::RECORD_BYTES_MAX;
use bincode::config::{Configuration, Limit};
use std::borrow::Cow;
use std::fmt;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const VERSION: u8 = 1;
pub(crate) const HEAD_BYTES: usize = 11;
/// Bodies from which compression is worth its time.
const COMPRESS_FROM_BYTES: usize = 2_048;
const COMPRESSION_LEVEL: i32 = 1;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Batch = 1,
    Change = 2,
    Catalogue = 3,
    Directory = 4,
    Block = 5,
    Section = 6,
    Overlay = 7,
    Meta = 8,
    Text = 9,
}

/// Whether a frame may compress its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Zstd,
}

pub(crate) fn checksum(head: [u8; 3], payload: &[u8]) -> u64 {
    let [version, kind, packed] = head;
    xxh3_64_with_seed(payload, u64::from_le_bytes([version, kind, packed, 0, 0, 0, 0, 0]))
}

/// Puts a frame around a body.
pub(crate) fn seal(kind: Kind, packing: Packing, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    seal_into(&mut frame, kind, packing, body);
    frame
}

/// Appends a frame with a body.
#[expect(clippy::arithmetic_side_effects, reason = "bytes in memory")]
pub(crate) fn seal_into(frame: &mut Vec<u8>, kind: Kind, packing: Packing, body: &[u8]) {
    let packed = (packing == Packing::Zstd && body.len() >= COMPRESS_FROM_BYTES)
        .then(|| zstd::bulk::compress(body, COMPRESSION_LEVEL).ok())
        .flatten()
        .filter(|packed| packed.len() < body.len());
    let payload = packed.as_deref().unwrap_or(body);
    let head = [VERSION, kind as u8, u8::from(packed.is_some())];
    frame.reserve(HEAD_BYTES + payload.len());
    frame.extend_from_slice(&head);
    frame.extend_from_slice(&checksum(head, payload).to_le_bytes());
    frame.extend_from_slice(payload);
}

/// Takes the body out of a frame, after checking everything about it.
pub(crate) fn open<'a>(
    kind: Kind,
    frame: &'a [u8],
    place: &dyn fmt::Display,
) -> Result<Cow<'a, [u8]>> {
    let damaged = |what| Error::corrupt(place.to_string(), what);
    let whole = frame.split_first_chunk::<3>().and_then(|(head, rest)| {
        let (sum, payload) = rest.split_first_chunk::<8>()?;
        Some((*head, *sum, payload))
    });
    let (head, sum, payload) = whole.ok_or_else(|| damaged("it is too short"))?;
    let is_right = checksum(head, payload).to_le_bytes() == sum;
    #[cfg(feature = "plants")]
    let is_right =
        is_right || crate::fault_injection::is(crate::fault_injection::Plant::SkipChecksum);
    if !is_right {
        return Err(damaged("its checksum does not match"));
    }
    match head {
        [VERSION, found, 0] if found == kind as u8 => Ok(Cow::Borrowed(payload)),
        [VERSION, found, 1] if found == kind as u8 => {
            let size = zstd::zstd_safe::get_frame_content_size(payload).ok().flatten();
            let size = size.and_then(|size| usize::try_from(size).ok());
            #[cfg(feature = "plants")]
            if crate::fault_injection::is(crate::fault_injection::Plant::UnboundedDecode) {
                drop(Vec::<u8>::with_capacity(size.unwrap_or(0)));
            }
            let size = size.filter(|size| *size <= RECORD_BYTES_MAX);
            let size = size.ok_or_else(|| damaged("its size is not credible"))?;
            let body = zstd::bulk::decompress(payload, size);
            body.map(Cow::Owned).map_err(|_| damaged("it does not decompress"))
        }
        [VERSION, _, _] => Err(damaged("it is a record of another kind")),
        _ => Err(damaged("its version is unknown")),
    }
}

type Config =
    Configuration<bincode::config::LittleEndian, bincode::config::Varint, Limit<RECORD_BYTES_MAX>>;

fn config() -> Config {
    bincode::config::standard().with_limit::<RECORD_BYTES_MAX>()
}

/// The bincode body of a value.
pub(crate) fn encode(value: &impl bincode::Encode) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    encode_into(&mut body, value)?;
    Ok(body)
}

/// Appends the bincode body of a value.
pub(crate) fn encode_into(body: &mut Vec<u8>, value: &impl bincode::Encode) -> Result<()> {
    bincode::encode_into_std_write(value, body, config())
        .map(drop)
        .map_err(|_| Error::corrupt("a record to be written", "it is over the size limit"))
}

/// The value of a bincode body, which it must fill to the last byte.
pub(crate) fn decode<'a, T: bincode::BorrowDecode<'a, ()>>(
    body: &'a [u8],
    place: &dyn fmt::Display,
) -> Result<T> {
    match decode_first(body, place)? {
        (value, []) => Ok(value),
        _ => Err(Error::corrupt(place.to_string(), "it has bytes left over")),
    }
}

/// The value that a bincode body begins with, and the bytes behind it.
pub(crate) fn decode_first<'a, T: bincode::BorrowDecode<'a, ()>>(
    body: &'a [u8],
    place: &dyn fmt::Display,
) -> Result<(T, &'a [u8])> {
    let damaged = || Error::corrupt(place.to_string(), "it does not decode");
    let (value, used) = bincode::borrow_decode_from_slice(body, config()).map_err(|_| damaged())?;
    Ok((value, body.get(used..).ok_or_else(damaged)?))
}

/// A framed value.
pub(crate) fn seal_value(
    kind: Kind,
    packing: Packing,
    value: &impl bincode::Encode,
) -> Result<Vec<u8>> {
    Ok(seal(kind, packing, &encode(value)?))
}

/// The value in a frame.
pub(crate) fn open_value<T>(kind: Kind, frame: &[u8], place: &dyn fmt::Display) -> Result<T>
where
    T: for<'a> bincode::BorrowDecode<'a, ()>,
{
    decode(&open(kind, frame, place)?, place)
}

#[cfg(test)]
mod tests {
    use super::{Kind, Packing, open, open_value, seal, seal_value};
    use crate::Error;

    #[test]
    fn every_flipped_bit_of_a_frame_is_noticed() {
        for body in [vec![7; 5], b"packed ".repeat(800)] {
            let frame = seal(Kind::Batch, Packing::Zstd, &body);
            assert_eq!(open(Kind::Batch, &frame, &"it").unwrap(), body);
            for bit in 0..frame.len() * 8 {
                let mut damaged = frame.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                assert!(matches!(open(Kind::Batch, &damaged, &"it"), Err(Error::Corrupt { .. })));
            }
            for cut in 0..frame.len() {
                assert!(open(Kind::Batch, &frame[..cut], &"it").is_err());
            }
        }
    }

    #[test]
    fn a_record_never_passes_for_another() {
        let frame = seal(Kind::Batch, Packing::Plain, b"body");
        let error = open(Kind::Change, &frame, &"change 7").unwrap_err();
        assert_eq!(error.to_string(), "change 7 is damaged: it is a record of another kind");
    }

    #[test]
    fn bytes_left_over_are_an_error() {
        let frame = seal_value(Kind::Meta, Packing::Plain, &(1u64, 2u64)).unwrap();
        assert!(open_value::<(u64, u64)>(Kind::Meta, &frame, &"it").is_ok());
        assert!(open_value::<u64>(Kind::Meta, &frame, &"it").is_err());
    }
}
