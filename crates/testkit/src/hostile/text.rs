//! Invalid text: broken UTF-8, broken escapes, control characters, broken UTF-16.

use super::{
    Case, Expected, add,
    carrier::{CARRIERS, Place},
};

/// Bytes that are no UTF-8, one for each way.
const BROKEN_UTF8: [(&str, &[u8]); 14] = [
    ("overlong-2", b"\xc0\x80"),
    ("overlong-3", b"\xe0\x80\x80"),
    ("overlong-4", b"\xf0\x80\x80\x80"),
    ("high-surrogate", b"\xed\xa0\x80"),
    ("low-surrogate", b"\xed\xb0\x80"),
    ("surrogate-pair", b"\xed\xa0\xbd\xed\xb8\x80"),
    ("beyond-unicode", b"\xf4\x90\x80\x80"),
    ("five-bytes", b"\xf8\x88\x80\x80\x80"),
    ("continuation", b"\x80"),
    ("byte-fe", b"\xfe"),
    ("byte-ff", b"\xff"),
    ("truncated-2", b"\xc3"),
    ("truncated-3", b"\xe2\x82"),
    ("truncated-4", b"\xf0\x9f\x98"),
];

/// What stands inside the quotes of a string, and whether it is a text all the same.
const INSIDE_QUOTES: [(&str, &[u8], Fate); 16] = [
    ("escape-unknown", b"\\x41", Fate::Reject),
    ("escape-short", b"\\u12", Fate::Reject),
    ("escape-no-digits", b"\\u12G4", Fate::Reject),
    ("escape-high-surrogate", b"\\ud800", Fate::Reject),
    ("escape-low-surrogate", b"\\udc00", Fate::Reject),
    ("escape-two-high", b"\\ud800\\ud800", Fate::Reject),
    ("escape-high-then-text", b"\\ud800abc", Fate::Reject),
    ("escape-nul", b"\\u0000", Fate::Event),
    ("escape-noncharacter", b"\\uffff", Fate::Event),
    ("raw-nul", b"a\0b", Fate::Reject),
    ("raw-bell", b"\x07", Fate::Reject),
    ("raw-tab", b"\t", Fate::Reject),
    ("raw-return", b"\r", Fate::Reject),
    ("raw-delete", b"\x7f", Fate::Event),
    ("line-separator", b"\xe2\x80\xa8", Fate::Event),
    ("right-to-left", b"\xe2\x80\xae", Fate::Event),
];

/// What has to become of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Event,
    Reject,
}

impl Fate {
    /// What is expected of the record between two good ones.
    pub(super) fn between(self) -> Expected {
        match self {
            Self::Event => Expected::whole(3, 0),
            Self::Reject => Expected::whole(2, 1),
        }
    }
}

fn add_utf8(cases: &mut Vec<Case>) {
    for carrier in CARRIERS {
        let format = carrier.format;
        for (name, bytes) in BROKEN_UTF8 {
            let quoted = [b"\"a", bytes, b"\""].concat();
            for place in [Place::Text, Place::Key, Place::Label, Place::Unknown] {
                let dump = carrier.between(&carrier.with(place, &quoted));
                let name = format!("utf8-{name}-in-{}-{format}", place.name());
                add(cases, name, dump, Fate::Event.between());
            }
            let cut = carrier.cut(Place::Text, &[b"\"a", bytes].concat());
            let dump = carrier.between(&cut);
            add(cases, format!("utf8-{name}-ends-line-{format}"), dump, Fate::Reject.between());
            let dump = [&carrier.good(), b"\n".as_slice(), &cut].concat();
            add(cases, format!("utf8-{name}-ends-file-{format}"), dump, Expected::whole(1, 1));
        }
        for (name, bytes, fate) in INSIDE_QUOTES {
            for place in [Place::Text, Place::Label] {
                let record = carrier.with(place, &[b"\"", bytes, b"\""].concat());
                let name = format!("string-{name}-in-{}-{format}", place.name());
                add(cases, name, carrier.between(&record), fate.between());
            }
        }
        for (name, bytes) in [("escape", b"\"\\".as_slice()), ("unicode", b"\"\\u00")] {
            let dump = [&carrier.good(), b"\n".as_slice(), &carrier.cut(Place::Text, bytes)];
            let name = format!("string-ends-in-{name}-{format}");
            add(cases, name, dump.concat(), Expected::whole(1, 1));
        }
    }
}

/// A text in UTF-16 without a mark.
fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

type Unit = (&'static str, &'static [u8], fn(u16) -> [u8; 2]);

const UTF16: [Unit; 2] =
    [("le", b"\xff\xfe", u16::to_le_bytes), ("be", b"\xfe\xff", u16::to_be_bytes)];

fn add_utf16(cases: &mut Vec<Case>) {
    for (order, mark, unit) in UTF16 {
        for carrier in CARRIERS {
            let good = String::from_utf8_lossy(&carrier.good()).into_owned() + "\n";
            let good = utf16(&good, unit);
            let record = carrier.with(Place::Text, b"\"@\"");
            let record = String::from_utf8_lossy(&record).into_owned();
            let (before, after) = record.split_once('@').unwrap_or_default();
            let around = |units: &[u16]| {
                let units: Vec<u8> = units.iter().copied().flat_map(unit).collect();
                let end = utf16(after, unit);
                [mark, &good, &utf16(before, unit), &units, &end, &utf16("\n", unit), &good]
                    .concat()
            };
            let name = |what: &str| format!("utf16{order}-{what}-{}", carrier.format);
            let read = Expected::whole(3, 0);
            add(cases, name("lone-high-surrogate"), around(&[0xd800]), read);
            add(cases, name("lone-low-surrogate"), around(&[0xdc00]), read);
            add(cases, name("surrogates-swapped"), around(&[0xdc00, 0xd800]), read);
            add(cases, name("mark-in-the-middle"), around(&[0xfeff]), read);
            add(cases, name("mark-swapped"), around(&[0xfffe]), read);
            let nul = Fate::Reject.between();
            add(cases, name("nul"), around(&[0]), nul);
            let odd = [mark, &good, b"{"].concat();
            add(cases, name("odd-bytes"), odd, Expected::whole(1, 0));
            let unmarked = good.clone();
            add(cases, name("without-mark"), unmarked, Expected::whole(0, 0));
        }
        add(cases, format!("utf16{order}-mark-only"), mark, Expected::whole(0, 0));
        let half = [mark, b"{".as_slice()].concat();
        add(cases, format!("utf16{order}-half-a-unit"), half, Expected::whole(0, 0));
        let high: Vec<u8> = [mark, unit(0xd83d).as_slice()].concat();
        add(cases, format!("utf16{order}-ends-in-high-surrogate"), high, Expected::whole(0, 0));
    }
    let marks: [(&str, &[u8]); 2] =
        [("utf32le-mark", b"\xff\xfe\0\0{\0\0\0"), ("utf32be-mark", b"\0\0\xfe\xff\0\0\0{")];
    for (name, bytes) in marks {
        add(cases, name, bytes, Expected::whole(0, 0));
    }
}

fn add_marks(cases: &mut Vec<Case>) {
    let mark = b"\xef\xbb\xbf".as_slice();
    for carrier in CARRIERS {
        let good = carrier.good();
        let middle = [mark, &good, b"\n", mark, &good, b"\n", &good].concat();
        let name = format!("utf8-mark-in-the-middle-{}", carrier.format);
        add(cases, name, middle, Expected::whole(3, 0));
        let twice = [mark, mark, &good, b"\n", &good].concat();
        let name = format!("utf8-mark-twice-{}", carrier.format);
        add(cases, name, twice, Expected::whole(2, 0));
    }
    add(cases, "utf8-mark-only", mark, Expected::whole(0, 0));
    add(cases, "utf8-mark-cut-off", &mark[..2], Expected::whole(0, 0));
}

pub(super) fn add_texts(cases: &mut Vec<Case>) {
    add_utf8(cases);
    add_utf16(cases);
    add_marks(cases);
}
