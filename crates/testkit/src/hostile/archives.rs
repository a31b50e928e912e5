//! Archives of tar and ZIP whose headers, sizes, names and members are not what they say.

use super::{
    Case, Expected, add,
    carrier::CARRIERS,
    packed::{gzip, zstd},
};
use crate::archives::{ZipMember, tar, tar_member, zip};

/// An archive of files in one of the ways there are: its name, and what makes it.
type Packer = (&'static str, fn(&[(String, Vec<u8>)]) -> Vec<u8>);

const PACKERS: [Packer; 4] = [
    ("tar", |files| tar(files)),
    ("zip", |files| zipped(files, |name, bytes| ZipMember::new(name, bytes))),
    ("zip-stored", |files| zipped(files, |name, bytes| ZipMember::stored(name, bytes))),
    ("zip-streamed", |files| {
        zipped(files, |name, bytes| ZipMember::new(name, bytes).described_after())
    }),
];

/// Members of an archive that has many.
const MANY: usize = 3_000;
/// Archives inside archives.
const DEPTH: usize = 50;

fn zipped(files: &[(String, Vec<u8>)], member: fn(&str, &[u8]) -> ZipMember) -> Vec<u8> {
    let members = files.iter().map(|(name, bytes)| member(name, bytes));
    zip(&members.collect::<Vec<_>>())
}

fn good() -> Vec<u8> {
    [CARRIERS[0].good().as_slice(), b"\n"].concat()
}

pub(super) fn add_archives(cases: &mut Vec<Case>) {
    for packer in PACKERS {
        add_members(cases, packer);
        add_cuts(cases, packer);
        add_nested(cases, packer);
    }
    add_tar(cases);
    add_zip(cases);
}

/// A file between two good ones.
fn between(name: &str, bytes: &[u8]) -> [(String, Vec<u8>); 3] {
    [("a".into(), good()), (name.into(), bytes.to_vec()), ("z".into(), good())]
}

/// Members with odd names and odd bytes, in archives that are right.
fn add_members(cases: &mut Vec<Case>, (packer, pack): Packer) {
    let record = CARRIERS[0].good();
    let half = &record[..record.len() / 2];
    let wide: Vec<u8> =
        String::from_utf8_lossy(&good()).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let packed = gzip(&good());
    for (what, name, bytes, expected) in [
        ("empty", "b", b"".as_slice(), Expected::whole(2, 0)),
        ("nuls", "b", &[0; 5_000], Expected::whole(2, 0)),
        ("half-a-record", "b", half, Expected::whole(2, 1)),
        ("record-without-line-end", "b", &record, Expected::whole(3, 0)),
        ("bracket-open", "b", b"[", Expected::whole(2, 0)),
        ("list-open", "b", b"{\"items\":[", Expected::whole(2, 1)),
        ("yaml-open", "b", b"apiVersion: v1\nkind: \"", Expected::whole(2, 1)),
        ("utf16", "b", &[b"\xff\xfe".as_slice(), &wide].concat(), Expected::whole(3, 0)),
        ("utf16-half", "b", &[b"\xff\xfe".as_slice(), &wide[..9]].concat(), Expected::whole(2, 1)),
        ("gzip", "b", &packed, Expected::whole(3, 0)),
        ("gzip-in-zstd", "b", &zstd(&packed), Expected::whole(3, 0)),
        ("gzip-cut", "b", &packed[..20], Expected::whole(2, 1)),
        ("gzip-corrupt", "b", &[&packed[..20], b"corrupt"].concat(), Expected::whole(2, 1)),
        ("spaces-packed-twice", "b", &zstd(&gzip(&vec![b' '; 9 << 20])), Expected::whole(2, 0)),
        ("name-that-goes-up", "../../../b", &record, Expected::whole(3, 0)),
        ("name-from-the-root", "/etc/b", &record, Expected::whole(3, 0)),
        ("name-of-lines", "b\n{\"a\":", &record, Expected::whole(3, 0)),
        ("name-of-a-terminal", "\u{1b}[2J\u{1b}]0;b\u{7}", &record, Expected::whole(3, 0)),
        ("name-from-right-to-left", "\u{202e}nosj.b", &record, Expected::whole(3, 0)),
        ("name-with-marks", "b!c!!:9: \"", &record, Expected::whole(3, 0)),
        ("name-of-the-one-before", "a", &record, Expected::whole(3, 0)),
        ("no-name", "", &record, Expected::whole(3, 0)),
    ] {
        add(cases, format!("{packer}-member-{what}"), pack(&between(name, bytes)), expected);
    }
    let many: Vec<_> = (0..MANY).map(|n| (n.to_string(), Vec::new())).collect();
    let many = [many, vec![("last".into(), good())]].concat();
    add(cases, format!("{packer}-of-many-empty"), pack(&many), Expected::whole(1, 0));
}

/// An archive that breaks off at each eighth of its length, and one of which bytes are missing.
fn add_cuts(cases: &mut Vec<Case>, (packer, pack): Packer) {
    let whole = pack(&between("b", &good().repeat(20)));
    let packed = gzip(&whole);
    for eighth in 1..8 {
        let at = whole.len() * eighth / 8;
        let name = format!("{packer}-cut-at-{eighth}-eighths");
        add(cases, name, &whole[..at], Expected::damaged(22));
        // The directory of a ZIP archive, which is its last eighth, is not read.
        if eighth < 7 {
            let name = format!("{packer}-in-gzip-cut-at-{eighth}-eighths");
            add(cases, name, &packed[..packed.len() * eighth / 8], Expected::failed(22));
        }
        // Texts in tar have no checksum.
        if packer != "tar" {
            let name = format!("{packer}-without-bytes-at-{eighth}-eighths");
            let holed = [&whole[..at], &whole[at + 7..]].concat();
            add(cases, name, holed, Expected::damaged(22));
        }
    }
}

/// Archives inside archives, and what looks like them.
fn add_nested(cases: &mut Vec<Case>, (packer, pack): Packer) {
    for (inner, pack_inner) in PACKERS {
        let archive = pack_inner(&between("b", &good()));
        let name = format!("{packer}-with-{inner}-inside");
        add(cases, name, pack(&between("b", &archive)), Expected::whole(2, 1));
        let name = format!("{packer}-with-{inner}-in-gzip-inside");
        add(cases, name, pack(&between("b", &gzip(&archive))), Expected::whole(2, 1));
    }
    let deep = (0..DEPTH).fold(good(), |inside, _| pack(&[("b".into(), inside)]));
    add(cases, format!("{packer}-{DEPTH}-deep"), deep, Expected::whole(0, 1));
    let deep = (0..DEPTH).fold(good(), |inside, _| gzip(&pack(&[("b".into(), inside)])));
    add(cases, format!("{packer}-{DEPTH}-deep-with-gzip"), deep, Expected::whole(0, 1));
}

/// Headers of tar that are wrong.
fn add_tar(cases: &mut Vec<Case>) {
    let with = |at: usize, bytes: &[u8]| {
        let mut member = tar_member("b", &good());
        for (to, from) in member.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
        sealed(member)
    };
    for (what, member, expected) in [
        ("size-of-eight-gigabytes", with(124, b"77777777777"), Expected::whole(3, 1)),
        ("size-in-base-256", with(124, &[0x80; 1]), Expected::damaged(3)),
        ("size-of-all-bits", with(124, &[0xff; 12]), Expected::whole(2, 1)),
        ("size-of-letters", with(124, b"seven bytes"), Expected::whole(2, 1)),
        ("sparse", with(156, b"S"), Expected::whole(2, 1)),
        ("sparse-with-more-blocks", with(482, b"1"), Expected::whole(3, 0)),
        ("part-of-a-file", with(156, b"M"), Expected::whole(2, 1)),
        ("long-name", with(156, b"L"), Expected::whole(2, 0)),
        ("extended-header-of-json", with(156, b"x"), Expected::whole(2, 1)),
        ("unknown-kind", with(156, b"~"), Expected::whole(3, 0)),
        ("device", with(156, b"3"), Expected::damaged(3)),
        ("time-of-all-bits", with(136, &[0xff; 12]), Expected::whole(3, 0)),
    ] {
        let bytes = [tar_member("a", &good()), member, tar(&[("z", good())])].concat();
        add(cases, format!("tar-header-{what}"), bytes, expected);
    }
    let mut wrong = tar_member("b", &good());
    wrong[0] ^= 1;
    let bytes = [tar_member("a", &good()), wrong, tar(&[("z", good())])].concat();
    add(cases, "tar-header-with-wrong-checksum", bytes, Expected::whole(2, 1));
    let length = format!("{} path=", u64::MAX);
    let pax = sealed_as(b'x', tar_member("pax", length.as_bytes()));
    let bytes = [tar_member("a", &good()), pax, tar(&[("z", good())])].concat();
    add(cases, "tar-header-extended-and-endless", bytes, Expected::whole(2, 1));
}

/// A member of tar with another kind.
fn sealed_as(kind: u8, mut member: Vec<u8>) -> Vec<u8> {
    member[156] = kind;
    sealed(member)
}

/// A member of tar whose checksum is made right.
fn sealed(mut member: Vec<u8>) -> Vec<u8> {
    member[148..156].fill(b' ');
    let sum: u32 = member.iter().take(512).map(|byte| u32::from(*byte)).sum();
    member[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    member
}

/// Headers of ZIP that are wrong, and members that cannot be read.
fn add_zip(cases: &mut Vec<Case>) {
    let around = |member: &ZipMember| {
        zip(&[ZipMember::new("a", good()), member.clone(), ZipMember::new("z", good())])
    };
    let inner = zip(&[ZipMember::stored("x", good()), ZipMember::stored("y", good())]);
    let member = || ZipMember::new("b", good());
    let stored = || ZipMember::stored("b", good());
    for (what, member, expected) in [
        ("encrypted", member().flagged(1), Expected::whole(2, 1)),
        ("encrypted-and-streamed", member().flagged(9), Expected::whole(2, 1)),
        ("stored-and-encrypted", stored().flagged(1), Expected::whole(2, 1)),
        ("lzma", member().of_method(14), Expected::whole(2, 1)),
        ("method-of-all-bits", member().of_method(0xffff).described_after(), Expected::whole(2, 1)),
        ("deflated-that-is-not", stored().of_method(8), Expected::whole(2, 1)),
        ("stored-that-is-deflated", member().of_method(0), Expected::whole(2, 1)),
        ("stored-and-streamed", stored().described_after(), Expected::whole(2, 1)),
        (
            "archive-stored-and-streamed",
            ZipMember::stored("b.zip", &inner).described_after(),
            Expected::whole(2, 1),
        ),
        ("large", member().large(), Expected::whole(3, 0)),
        ("flags-of-all-bits", member().flagged(0xffff), Expected::whole(2, 1)),
        ("time-of-all-bits", member().at(0xffff, 0xffff), Expected::whole(3, 0)),
        ("extra-time-cut", member().with_extra(0x5455, &[1, 2]), Expected::whole(3, 0)),
        ("extra-of-64-kib", member().with_extra(7, &[0; 0xfff0]), Expected::whole(3, 0)),
        ("name-of-60-kib", ZipMember::new(&"b/".repeat(30_000), good()), Expected::whole(3, 0)),
        ("folder-with-text", ZipMember::new("b/", good()), Expected::whole(3, 0)),
    ] {
        add(cases, format!("zip-header-{what}"), around(&member), expected);
    }
    // Places in the header of the member between.
    let (start, whole) = (ZipMember::new("a", good()).bytes().len(), around(&member()));
    let large = around(&member().large());
    for (what, whole, at, bytes, expected) in [
        ("checksum-wrong", &whole, 14, [1; 4], Expected::whole(3, 1)),
        ("size-of-nothing", &whole, 18, [0; 4], Expected::damaged(3)),
        ("size-of-all-bits", &whole, 18, [0xff; 4], Expected::damaged(3)),
        ("size-of-two-gigabytes", &whole, 18, [0, 0, 0, 0x80], Expected::whole(2, 2)),
        ("lengths-of-all-bits", &whole, 26, [0xff; 4], Expected::damaged(3)),
        ("magic-wrong", &whole, 0, *b"KP\x03\x04", Expected::whole(2, 1)),
        ("extra-longer-than-there-is-room", &large, 31, [1, 0, 0xff, 0xff], Expected::whole(3, 0)),
        ("extra-size-of-all-bits", &large, 43, [0xff; 4], Expected::damaged(3)),
    ] {
        let mut damaged = whole.clone();
        for (to, from) in damaged.iter_mut().skip(start + at).zip(bytes) {
            *to = from;
        }
        add(cases, format!("zip-header-{what}"), damaged, expected);
    }
    let magics = around(&ZipMember::stored("b", b"PK\x03\x04".repeat(2_000)));
    add(cases, "zip-of-magic-bytes", magics, Expected::whole(2, 1));
    add(cases, "zip-alone-magic-bytes", b"PK\x03\x04".as_slice(), Expected::whole(0, 1));
    add(
        cases,
        "zip-alone-magic-bytes-over-and-over",
        b"PK\x03\x04".repeat(2_000),
        Expected::damaged(0),
    );
    let twice = [zip(&[member()]), zip(&[ZipMember::new("c", good())])].concat();
    add(cases, "zip-behind-another", twice, Expected::whole(1, 0));
}
