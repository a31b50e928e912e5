//! Uids, stored without what the event says anyway.
//!
//! Most uids are a short prefix and 128 random bits: `docker:<32 hex digits>`, or
//! `k8s:<uuid>:<count>@<time>` with the count and time of the event itself. The random bits are
//! kept as 16 bytes apart from the rest of the row, since no compression makes them smaller; what
//! follows from the event is not kept at all.

use bincode::{BorrowDecode, Encode};
use eventscope_model::{EventId, Timestamp};
use std::fmt::Write;

/// The 128 bits of a uid that cannot be compressed.
pub(crate) type Digest = [u8; 16];

/// The rest of a uid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) enum Shape<'a> {
    /// Kept as it is.
    Whole(&'a str),
    /// `<prefix>:<32 hex digits>`.
    Hash(&'a str),
    /// `<prefix>:<uuid>:<count>@<time in nanoseconds>`.
    Observation(&'a str),
    /// `eventscope:<store id>:<event id>`, made up by the store.
    Made,
}

/// What a uid may repeat of its event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) store_id: &'a str,
    pub(crate) id: EventId,
    pub(crate) time: Timestamp,
    pub(crate) count: u64,
}

/// The uid that the store makes up for an event that came without one.
pub(crate) fn made(context: &Context<'_>) -> String {
    format!("eventscope:{}:{}", context.store_id, context.id)
}

/// Splits a uid into what is stored of it.
pub(crate) fn split<'a>(uid: &'a str, context: &Context<'_>) -> (Option<Digest>, Shape<'a>) {
    let whole = (None, Shape::Whole(uid));
    let Some((prefix, rest)) = uid.split_once(':') else { return whole };
    let (digest, shape) = if rest.len() == 32 {
        (digest(rest), Shape::Hash(prefix))
    } else if let Some((uuid, more)) = rest.split_at_checked(36)
        && !more.is_empty()
    {
        (digest(uuid), Shape::Observation(prefix))
    } else if prefix == "eventscope" {
        (None, Shape::Made)
    } else {
        return whole;
    };
    // Whatever does not come back to the letter is kept whole.
    if join(digest, shape, context).as_deref() == Some(uid) { (digest, shape) } else { whole }
}

/// Puts a uid together again; `None` if the parts do not belong together.
#[expect(clippy::arithmetic_side_effects, reason = "lengths of texts in memory")]
pub(crate) fn join(
    digest: Option<Digest>,
    shape: Shape<'_>,
    context: &Context<'_>,
) -> Option<String> {
    Some(match (shape, digest) {
        (Shape::Whole(uid), None) => uid.to_owned(),
        (Shape::Made, None) => made(context),
        (Shape::Hash(prefix), Some(digest)) => {
            let mut uid = String::with_capacity(prefix.len() + 33);
            uid.push_str(prefix);
            uid.push(':');
            push_hex(&mut uid, &digest);
            uid
        }
        (Shape::Observation(prefix), Some(digest)) => {
            let mut uid = String::with_capacity(prefix.len() + 64);
            uid.push_str(prefix);
            let mut separator = ':';
            let mut rest = digest.as_slice();
            for group in UUID_GROUPS {
                let (bytes, behind) = rest.split_at(group);
                uid.push(separator);
                push_hex(&mut uid, bytes);
                (separator, rest) = ('-', behind);
            }
            let (count, time) = (context.count, context.time.nanos());
            // Writing into a string does not fail.
            let _ = write!(uid, ":{count}@{time}");
            uid
        }
        _ => return None,
    })
}

/// Bytes between the hyphens of a uuid.
const UUID_GROUPS: [usize; 5] = [4, 2, 2, 2, 6];

#[expect(clippy::indexing_slicing, reason = "there are sixteen digits")]
fn push_hex(text: &mut String, bytes: &[u8]) {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value & 0xF)]);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(*byte));
    }
}

/// 32 hex digits, with or without the hyphens of a uuid.
#[expect(clippy::arithmetic_side_effects, reason = "digits of a text in memory")]
fn digest(text: &str) -> Option<Digest> {
    let mut value: u128 = 0;
    let mut digits = 0;
    for byte in text.bytes().filter(|byte| *byte != b'-') {
        let digit = char::from(byte).to_digit(16)?;
        value = (value << 4) | u128::from(digit);
        digits += 1;
    }
    (digits == 32).then(|| value.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Context, Shape, join, split};
    use eventscope_model::{EventId, Timestamp};
    use proptest::prelude::*;

    const CONTEXT: Context<'static> =
        Context { store_id: "5a", id: EventId(7), time: Timestamp::EPOCH, count: 3 };

    #[track_caller]
    fn check(uid: &str, expected: Shape<'_>) {
        let (digest, shape) = split(uid, &CONTEXT);
        assert_eq!(shape, expected);
        assert_eq!(join(digest, shape, &CONTEXT).as_deref(), Some(uid));
    }

    #[test]
    fn known_shapes_are_taken_apart() {
        check("docker:00112233445566778899aabbccddeeff", Shape::Hash("docker"));
        check("k8s:00112233-4455-6677-8899-aabbccddeeff:3@0", Shape::Observation("k8s"));
        check("eventscope:5a:7", Shape::Made);
    }

    #[test]
    fn what_would_not_come_back_is_kept_whole() {
        for uid in [
            "",
            "alert",
            "docker:00112233445566778899AABBCCDDEEFF",
            "k8s:00112233-4455-6677-8899-aabbccddeeff:4@0",
            "k8s:001122334-455-6677-8899-aabbccddeeff:3@0",
            "eventscope:5a:8",
            "eventscope:5b:7",
        ] {
            check(uid, Shape::Whole(uid));
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(uid in "(k8s:|docker:|)[0-9a-f\\-:@\\PC]{0,60}") {
            let (digest, shape) = split(&uid, &CONTEXT);
            prop_assert_eq!(join(digest, shape, &CONTEXT), Some(uid.clone()));
        }
    }
}
