//! Archives of each kind of member, whole, cut and broken, and what their members hold.

use super::super::archive::{Entry, Modified};
use super::Archive;
use crate::{ImportOptions, Importer, LocalTime, limits, testing};
use eventscope_model::Timestamp;
use eventscope_testkit::archives::{ZipMember, tar, zip};
use flate2::{Compression, write::GzEncoder};
use std::{
    io::{Read, Write},
    process::Command,
};

/// What an archive holds: `NAME TEXT` of files, `NAME! WHY` of what is not read.
fn said(bytes: &[u8]) -> Vec<String> {
    let mut archive = Archive::new(bytes);
    let mut said = Vec::new();
    while let Some(entry) = archive.advance().unwrap() {
        match entry {
            Entry::File { name, .. } => {
                let mut text = Vec::new();
                let read = archive.read_to_end(&mut text);
                said.push(format!("{name} {}", String::from_utf8_lossy(&text)));
                if let Err(error) = read {
                    said.push(format!("{name}! {error}"));
                }
            }
            Entry::Unread { name, why } => {
                said.push(format!("{}! {why}", name.unwrap_or_default()));
            }
        }
    }
    said
}

/// The names alone, without the texts, which are not read.
fn names(bytes: &[u8]) -> Vec<String> {
    let mut archive = Archive::new(bytes);
    let mut names = Vec::new();
    while let Some(entry) = archive.advance().unwrap() {
        let (Entry::File { name, .. } | Entry::Unread { name: Some(name), .. }) = entry else {
            continue;
        };
        names.push(name);
    }
    names
}

#[test]
fn members_of_all_kinds_follow_one_another() {
    let long = b"line\n".repeat(100_000);
    let all = zip(&[
        ZipMember::stored("a", b"1"),
        ZipMember::stored("folder/", b""),
        ZipMember::new("folder/b", b"2\n"),
        ZipMember::new("c", b"3").described_after(),
        ZipMember::new("folder/again/", b"").described_after(),
        ZipMember::stored("bare/", b"").described_after(),
        ZipMember::new("empty", b"").described_after(),
        ZipMember::stored("large", b"4").large(),
        ZipMember::new("larger", b"5").large(),
        ZipMember::new("larger, after it", b"6").large().described_after(),
        ZipMember::new("empty, too", b"").large().described_after(),
        ZipMember::new("long", &long),
    ]);
    let long = format!("long {}", String::from_utf8(long).unwrap());
    let expected = [
        "a 1",
        "folder/b 2\n",
        "c 3",
        "empty ",
        "large 4",
        "larger 5",
        "larger, after it 6",
        "empty, too ",
        &long,
    ];
    assert_eq!(said(&all), expected);
    // Texts that nobody reads are passed over.
    let expected = expected.map(|line| line.rsplit_once(' ').unwrap().0);
    let files = |name: &String| expected.contains(&name.as_str());
    assert_eq!(names(&all).into_iter().filter(files).collect::<Vec<_>>(), expected);
    assert_eq!(said(b"PK\x05\x06"), [""; 0]);
    let odd = ZipMember::new("a\n\u{1b}[2J\u{85}", b"1");
    assert_eq!(said(&zip(&[odd])), ["a\u{fffd}\u{fffd}[2J\u{fffd} 1"]);
    let name = "n".repeat(limits::MEMBER_NAME_BYTES_MAX + 1);
    assert_eq!(said(&zip(&[ZipMember::new(&name, b"1")])), [format!("{} 1", &name[1..])]);
}

/// Sizes of 8 bytes that the header does not announce.
#[test]
fn sizes_behind_a_member_are_told_by_what_they_say() {
    let member = ZipMember::new("a", b"abc").described_after();
    let mut bytes = member.bytes();
    let at = bytes.len() - 8;
    bytes.splice(at + 4..at + 4, [0; 4]);
    bytes.extend([0; 4]);
    let all = [bytes, zip(&[ZipMember::new("b", b"1")])].concat();
    assert_eq!(said(&all), ["a abc", "b 1"]);
}

#[test]
fn what_cannot_be_read_is_said_and_passed_over() {
    let inner = zip(&[ZipMember::stored("inner", b"x")]);
    for after in [false, true] {
        let member = |member: ZipMember| if after { member.described_after() } else { member };
        let all = zip(&[
            member(ZipMember::new("secret", b"x").flagged(1)),
            ZipMember::stored("a", b"1"),
            member(ZipMember::stored("secret, stored", &inner[..30]).flagged(1)),
            member(ZipMember::new("lzma", b"x").of_method(14)),
            ZipMember::new("b", b"2"),
            member(ZipMember::stored("other", b"x").of_method(77)),
            ZipMember::new("c", b"3"),
        ]);
        let encrypted = "this member is encrypted; unpack it first";
        let expected = [
            format!("secret! {encrypted}"),
            "a 1".to_owned(),
            format!("secret, stored! {encrypted}"),
            "lzma! this member is compressed with LZMA, which is not read; unpack it first"
                .to_owned(),
            "b 2".to_owned(),
            "other! this member is compressed with method 77, which is not read; unpack it first"
                .to_owned(),
            "c 3".to_owned(),
        ];
        // What is encrypted looks like anything, and not like the header of a member.
        let all = replaced(&all, &inner[..4], b"crypt", 40);
        assert_eq!(said(&all), expected, "{after}");
    }
    let why = "this member does not say how long it is; unpack it first";
    for member in [
        ZipMember::stored("inner.zip", &inner).described_after(),
        ZipMember::stored("inner.zip", &inner).large().described_after(),
    ] {
        let all = zip(&[member, ZipMember::new("a", b"1")]);
        assert_eq!(said(&all), [format!("inner.zip! {why}"), "a 1".to_owned()]);
    }
}

/// The bytes with the one place behind the first few where some stand made others.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8], after: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let named = bytes.windows(14).position(|it| it == b"secret, stored").unwrap_or(after);
    bytes[named + 14..named + 14 + from.len()].copy_from_slice(&to[..from.len()]);
    bytes
}

#[test]
fn a_cut_archive_gives_what_is_whole() {
    let first = ZipMember::stored("a", b"1");
    let no_end = "! the archive has no end; it may be cut off";
    for second in [
        ZipMember::stored("b", b"22222222"),
        ZipMember::new("b", b"22222222"),
        ZipMember::new("b", b"22222222").described_after(),
    ] {
        let (start, end) = (first.bytes().len(), first.bytes().len() + second.bytes().len());
        let whole = zip(&[first.clone(), second]);
        for cut in 4..end + 4 {
            let lines = said(&whole[..cut]);
            match cut {
                _ if cut < start - 1 => assert_eq!(lines, [no_end], "{cut}"),
                _ if cut < start => {
                    assert_eq!(lines, ["a ", "a! the archive ends inside this member"]);
                }
                _ if cut < start + 31 => assert_eq!(lines, ["a 1", no_end], "{cut}"),
                _ if cut < end => {
                    assert_eq!(lines[2..], ["b! the archive ends inside this member"], "{cut}");
                    assert!("b 22222222".starts_with(&lines[1]), "{cut}");
                }
                _ if cut < end + 4 => assert_eq!(lines, ["a 1", "b 22222222", no_end], "{cut}"),
                _ => {}
            }
        }
        assert_eq!(said(&whole[..end + 4]), ["a 1", "b 22222222"]);
    }
}

#[test]
fn damage_costs_the_member_that_has_it() {
    let text: Vec<u8> = (0..999).flat_map(|n| format!("{}\n", n * 7919).into_bytes()).collect();
    for after in [false, true] {
        let member = ZipMember::new("b", &text);
        let member = if after { member.described_after() } else { member };
        let all = zip(&[ZipMember::new("a", b"1"), member, ZipMember::stored("c", b"3")]);
        let start = ZipMember::new("a", b"1").bytes().len() + 31;
        for (at, what) in [
            // A block of a kind that does not exist.
            (start, "the text of this member is damaged"),
            (start + 900, ""),
        ] {
            let mut damaged = all.clone();
            damaged[at] = 0xFF;
            let lines = said(&damaged);
            assert_eq!(lines[0], "a 1", "{after} {at}");
            assert!(lines[2].starts_with(&format!("b! {what}")), "{}", lines[2]);
            assert_eq!(lines.last().unwrap(), "c 3", "{after} {at}");
        }
    }
    let whole = zip(&[ZipMember::stored("a", b"abc"), ZipMember::new("b", b"2")]);
    let mut wrong = whole;
    wrong[31] ^= 1;
    assert_eq!(said(&wrong), ["a `bc", "a! the checksum of this member is wrong", "b 2"]);
    // A size that is too small, and one that is too large.
    let whole = zip(&[ZipMember::new("a", b"abc"), ZipMember::new("b", b"2")]);
    let header = "! a header of the archive is broken; it is passed over, with its member";
    let mut small = whole.clone();
    small[18] -= 1;
    assert_eq!(said(&small), ["a abc", "a! the text of this member ends too early", header, "b 2"]);
    let mut large = whole.clone();
    large[18] += 1;
    let more = "a! this member goes on behind the end of its text";
    assert_eq!(said(&large)[..2], ["a abc", more]);
    // A header that is none.
    let mut broken = whole;
    broken[0] = b'X';
    assert_eq!(said(&broken), [header, "b 2"]);
}

#[test]
fn times_are_those_of_the_members() {
    let modified = |member: ZipMember| {
        let all = zip(&[member]);
        match Archive::new(all.as_slice()).advance() {
            Ok(Some(Entry::File { modified, .. })) => modified,
            other => panic!("{other:?}"),
        }
    };
    let member = || ZipMember::new("a", b"1");
    // 2020-10-09 18:32:58, in the layout of MS-DOS.
    let dated = || member().at(0x941D, 0x5149);
    let local = Modified::Local("2020-10-09T18:32:58".to_owned());
    assert_eq!(modified(dated()), Some(local));
    assert_eq!(modified(member()), None);
    // The first time there is stands for none.
    assert_eq!(modified(member().at(0, 0x21)), None);
    let unix = || 1_602_282_777_u32.to_le_bytes();
    let field = [&[3], unix().as_slice(), &unix()].concat();
    assert_eq!(modified(dated().with_extra(0x5455, &field)), Some(Modified::Unix(1_602_282_777)));
    // It says another time than that of the last change.
    let field = [&[2], unix().as_slice()].concat();
    let local = Modified::Local("2020-10-09T18:32:58".to_owned());
    assert_eq!(modified(dated().with_extra(0x5455, &field)), Some(local));

    // A record that says no time.
    let record = r#"{"dashboardId":3,"evalMatches":[],"message":"m","orgId":1,"panelId":2,
        "ruleId":7,"ruleName":"Disk full","state":"alerting","tags":{},"title":"Disk full"}"#;
    let read = |member: ZipMember, options: ImportOptions| {
        let all = zip(&[member]);
        let mut importer = Importer::new(options);
        let dump = importer.read(all.as_slice()).modified(Timestamp::EPOCH);
        let records: Vec<_> = dump.map(|record| record.unwrap().content.unwrap()).collect();
        assert_eq!(records.len(), 1);
        records[0].time.unwrap().to_string()
    };
    let member = || ZipMember::new("a", record);
    let plain = ImportOptions::default;
    assert_eq!(read(member(), plain()), "1970-01-01T00:00:00Z");
    assert_eq!(read(member().at(0x941D, 0x5149), plain()), "2020-10-09T18:32:58Z");
    let east = LocalTime::new("east", |time| Some(time.saturating_add(-3_600_000_000_000)));
    let named = read(member().at(0x941D, 0x5149), plain().local(east));
    assert_eq!(named, "2020-10-09T17:32:58Z");
    // A date that does not exist.
    assert_eq!(read(member().at(0, 0x5FFF), plain()), "1970-01-01T00:00:00Z");
}

/// A Docker event that a test tells by its id.
fn event(id: &str) -> String {
    let stem = r#"{"Type":"container","Action":"die","time":1700000000,"Actor":{"ID":""#;
    format!("{stem}{id}\",\"Attributes\":{{\"name\":\"web\"}}}}}}\n")
}

const YAML: &str = "apiVersion: v1\nkind: Event\nmetadata:\n  name: a\n  uid: u\nreason: Killing\n\
                    message: m\ninvolvedObject:\n  kind: Pod\n  name: p\n  namespace: n\n\
                    lastTimestamp: 2024-05-02T10:00:00Z\ntype: Normal\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

/// Files of each kind, and how the lines about them begin.
fn files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    vec![
        ("a.json", event("a").into(), "1 Container Died"),
        ("b.yaml", YAML.into(), "1 Killing Container"),
        ("c.json", utf16(&event("c")), "1 Container Died"),
        ("d.json.gz", gzip(event("d").as_bytes()), "1 Container Died"),
        ("folder/e.yaml.gz", gzip(&utf16(YAML)), "1 Killing Container"),
        (
            "broken.gz",
            gzip(event("f").as_bytes())[..30].to_vec(),
            "1 REJECT the gzip compression is broken or cut off at line 1: ",
        ),
        (
            "tar.tar",
            tar(&[("x.json", event("x"))]),
            "1 REJECT an archive inside an archive is not read; take it out",
        ),
        (
            "zip.zip",
            zip(&[ZipMember::stored("x.json", event("x"))]),
            "1 REJECT an archive inside an archive is not read; take it out",
        ),
        ("g.json", format!("\n{}", event("g")).into(), "2 Container Died"),
    ]
}

#[track_caller]
fn check_files(archive: &[u8]) {
    let files = files();
    for sent in [archive.to_vec(), gzip(archive)] {
        let found = testing::read(sent);
        assert_eq!(found.error, None);
        let lines = found.lines();
        let starts = lines.iter().zip(&files).filter(|(line, file)| line.starts_with(file.2));
        assert_eq!((starts.count(), lines.len()), (files.len(), files.len()), "{lines:#?}");
    }
}

#[test]
fn members_are_read_as_files() {
    let files = files();
    let member = |(name, bytes, _): &(&str, Vec<u8>, &str)| ZipMember::new(name, bytes);
    check_files(&zip(&files.iter().map(member).collect::<Vec<_>>()));
    let after = |file| member(file).described_after();
    check_files(&zip(&files.iter().map(after).collect::<Vec<_>>()));
    let stored = |(name, bytes, _): &(&str, Vec<u8>, &str)| ZipMember::stored(name, bytes);
    check_files(&zip(&files.iter().map(stored).collect::<Vec<_>>()));
}

#[test]
fn damaged_members_are_rejects_and_the_others_are_read() {
    let mut all = zip(&[
        ZipMember::stored("a", event("a")),
        ZipMember::new("secret", event("b")).flagged(1),
        ZipMember::new("c", event("c")),
    ]);
    // In the id of the first.
    let at = all.windows(2).position(|it| it == b"a\"").unwrap();
    all[at] = b'z';
    let expected = [
        "1 Container Died",
        "2 REJECT the ZIP compression is broken or cut off at line 2: the checksum of this member \
         is wrong",
        "1 REJECT this member is encrypted; unpack it first",
        "1 Container Died",
    ];
    assert_eq!(testing::read(&all).lines(), expected);
}

/// Bombs that are each small enough share their bounds, whatever packed them.
#[test]
fn what_members_unpack_to_is_bounded_together() {
    let text = vec![b' '; 4 * 1024 * 1024];
    let member = |bytes: &[u8]| ZipMember::new("bomb", bytes);
    for (bomb, least) in [
        (member(&text), 5),
        (member(&text).described_after(), 5),
        (ZipMember::stored("bomb", gzip(&text)), 5),
        (member(&gzip(&text)), 5),
    ] {
        assert_eq!(testing::read(zip(&vec![bomb.clone(); 3])).error, None);
        let error = testing::read(zip(&vec![bomb; least])).error.unwrap();
        assert!(error.contains("more than 200 times"), "{error}");
    }
    // After an error the dump is over.
    let all = zip(&[vec![member(&text); 6], vec![ZipMember::new("a", event("a"))]].concat());
    let mut importer = Importer::new(ImportOptions::default());
    assert_eq!(
        importer.read(all.as_slice()).map(|record| record.is_err()).collect::<Vec<_>>(),
        [true]
    );
    // A bomb that is told to be an archive is unpacked only to find its end.
    let inside = [tar(&[("x", "")]), vec![0; 40 * 1024 * 1024]].concat();
    let error = testing::read(zip(&[member(&inside).described_after()])).error.unwrap();
    assert!(error.contains("more than 200 times"), "{error}");
}

#[test]
fn archives_of_other_programs_are_read() {
    let folder = std::env::temp_dir().join(format!("eventscope-zip-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("folder")).unwrap();
    let files = files();
    for (name, bytes, _) in &files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let names: Vec<&str> = files.iter().map(|(name, ..)| *name).collect();
    let program = "import sys, zipfile\n\
        target = sys.stdout.buffer if sys.argv[1] == '-' else sys.argv[1]\n\
        method = {'0': zipfile.ZIP_STORED, '8': zipfile.ZIP_DEFLATED}[sys.argv[2]]\n\
        with zipfile.ZipFile(target, 'w', method) as archive:\n    \
            [archive.write(name) for name in sys.argv[3:]]\n";
    let python = |target, method| vec!["python3", "-c", program, target, method];
    let mut tried = 0;
    for command in [
        python("made.zip", "0"),
        python("made.zip", "8"),
        python("-", "8"),
        vec!["zip", "-q", "made.zip"],
        vec!["zip", "-q", "-0", "made.zip"],
        vec!["zip", "-q", "-fz", "made.zip"],
        vec!["zip", "-q", "-"],
    ] {
        let made =
            Command::new(command[0]).current_dir(&folder).args(&command[1..]).args(&names).output();
        // Not every system has these programs.
        let Ok(made) = made else { continue };
        if !made.status.success() {
            continue;
        }
        let file = folder.join("made.zip");
        let archive =
            if made.stdout.is_empty() { std::fs::read(&file).unwrap() } else { made.stdout };
        check_files(&archive);
        let _ = std::fs::remove_file(file);
        tried += 1;
    }
    std::fs::remove_dir_all(folder).unwrap();
    println!("read ZIP archives that other programs made in {tried} ways");
}
