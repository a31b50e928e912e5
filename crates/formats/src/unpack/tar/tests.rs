//! Archives of each layout, whole, cut and broken, and what their members hold.

use super::{Archive, Entry};
use crate::{limits, testing};
use flate2::{Compression, write::GzEncoder};
use std::{
    fmt::Write as _,
    io::{Read, Write},
    process::Command,
};

/// A header with its fields; the checksum is made right.
fn header(name: &str, size: &[u8], kind: u8, magic: &[u8]) -> [u8; 512] {
    let mut block = [0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..124 + size.len()].copy_from_slice(size);
    block[136..147].copy_from_slice(b"14705243300");
    block[156] = kind;
    block[257..257 + magic.len()].copy_from_slice(magic);
    sealed(block)
}

fn sealed(mut block: [u8; 512]) -> [u8; 512] {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn octal(size: usize) -> Vec<u8> {
    format!("{size:011o}").into_bytes()
}

fn padded(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    text.resize(text.len().next_multiple_of(512), 0);
    text
}

/// A member of POSIX' layout.
fn member(name: &str, text: &[u8]) -> Vec<u8> {
    typed(name, b'0', text)
}

fn typed(name: &str, kind: u8, text: &[u8]) -> Vec<u8> {
    let header = header(name, &octal(text.len()), kind, b"ustar\x0000");
    [header.as_slice(), &padded(text)].concat()
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let mut length = rest.len() + 1;
        while format!("{length}").len() + rest.len() != length {
            length += 1;
        }
        write!(text, "{length}{rest}").unwrap();
    }
    typed("PaxHeaders/0", b'x', text.as_bytes())
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

/// What an archive holds: `NAME TEXT` of files, `NAME! WHY` of what is not read.
fn said(bytes: &[u8]) -> Vec<String> {
    let mut archive = Archive::new(bytes);
    let mut said = Vec::new();
    while let Some(entry) = archive.advance().unwrap() {
        said.push(match entry {
            Entry::File { name, .. } => {
                let mut text = String::new();
                archive.read_to_string(&mut text).unwrap();
                format!("{name} {text}")
            }
            Entry::Unread { name, why } => format!("{}! {why}", name.unwrap_or_default()),
        });
    }
    said
}

#[test]
fn names_and_sizes_of_all_layouts_are_read() {
    let prefixed = || {
        let mut block = header("name", &octal(1), b'0', b"ustar\x0000");
        block[345..350].copy_from_slice(b"a/b/c");
        [sealed(block).as_slice(), &padded(b"1")].concat()
    };
    // GNU keeps times where POSIX has the prefix.
    let gnu = || {
        let mut block = header("name", &octal(1), b'0', b"ustar  \0");
        block[345..356].copy_from_slice(b"14705243300");
        [sealed(block).as_slice(), &padded(b"2")].concat()
    };
    let long = "x/".repeat(150) + "end";
    let base_256 = |size: u8| {
        let field = [&[0x80], [0; 10].as_slice(), &[size]].concat();
        [header("large", &field, b'0', b"ustar  \0").as_slice(), &padded(b"5")].concat()
    };
    let old = [header("old", &octal(1), 0, b"").as_slice(), &padded(b"6")].concat();
    let all = archive(&[
        prefixed(),
        gnu(),
        typed("././@LongLink", b'L', format!("{long}\0").as_bytes()),
        member("short", b"3"),
        pax(&[("path", &long), ("size", "1"), ("mtime", "1.5")]),
        [header("short", b"0", b'0', b"ustar\x0000").as_slice(), &padded(b"4")].concat(),
        base_256(1),
        header("folder/", &octal(0), 0, b"").to_vec(),
        old,
        member("empty", b""),
        typed("new kind", b'Z', b"7"),
    ]);
    let (third, fourth) = (format!("{long} 3"), format!("{long} 4"));
    let expected =
        ["a/b/c/name 1", "name 2", &third, &fourth, "large 5", "old 6", "empty ", "new kind 7"];
    assert_eq!(said(&all), expected);
}

#[test]
fn what_is_no_file_is_passed_over_or_said() {
    let mut sparse = header("holes", &octal(512), b'S', b"ustar  \0");
    sparse[482] = 1;
    let all = archive(&[
        typed("folder/", b'5', b""),
        // A size without text.
        header("hard", &octal(4096), b'1', b"ustar\x0000").to_vec(),
        header("soft", &octal(4096), b'2', b"ustar\x0000").to_vec(),
        header("device", &octal(0), b'3', b"ustar\x0000").to_vec(),
        typed("global", b'g', b"22 comment=what it is\n"),
        typed("label", b'V', b""),
        [sealed(sparse).as_slice(), &[0; 512], &padded(b"holes")].concat(),
        [pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.name", "new")]), member("GNUSparse", b"1")]
            .concat(),
        typed("rest", b'M', b"x"),
        // With pax, a link may bring its text.
        [pax(&[("size", "4")]), typed("hard", b'1', b"text")].concat(),
        member("last", b"1"),
    ]);
    let why = "a sparse file is not read; take it out of the archive";
    let expected = [
        format!("holes! {why}"),
        format!("new! {why}"),
        "rest! a part of a file is not read; join the archives".to_owned(),
        "last 1".to_owned(),
    ];
    assert_eq!(said(&all), expected);
}

#[test]
fn a_cut_archive_gives_what_is_whole() {
    let whole = archive(&[member("a", b"1"), member("b", &[b'2'; 700]), member("c", b"3")]);
    let twos = |bytes| format!("b {}", "2".repeat(bytes));
    let inside = "b! the archive ends inside this member".to_owned();
    let no_end = "! the archive has no end; it may be cut off".to_owned();
    for (cut, expected) in [
        (100, vec![no_end.clone()]),
        (1024, vec!["a 1".to_owned(), no_end.clone()]),
        (1024 + 200, vec!["a 1".to_owned(), no_end.clone()]),
        (1024 + 512 + 300, vec!["a 1".to_owned(), twos(300), inside]),
        (1024 + 512 + 800, vec!["a 1".to_owned(), twos(700), no_end.clone()]),
        (3584, vec!["a 1".to_owned(), twos(700), "c 3".to_owned(), no_end]),
        // One block of zeros is an end, if a short one.
        (4096, vec!["a 1".to_owned(), twos(700), "c 3".to_owned()]),
    ] {
        assert_eq!(said(&whole[..cut]), expected, "{cut}");
    }
}

#[test]
fn broken_headers_cost_their_members() {
    let mut wrong = member("b", &[b'x'; 2000]);
    wrong[0] = b'X';
    let mut no_size = header("c", b"not a size", b'0', b"ustar\x0000").to_vec();
    no_size.extend(padded(b"2"));
    let header = "! a header of the archive is broken; it is passed over, with its member";
    let all = archive(&[member("a", b"1"), wrong, no_size, member("d", b"3")]);
    assert_eq!(said(&all), ["a 1", header, "d 3"]);
    // Extended headers that are broken or endless.
    let long = "x".repeat(limits::EXTENDED_HEADER_BYTES_MAX as usize + 1);
    let all = archive(&[
        typed("pax", b'x', b"999 path=endless\n"),
        member("a", b"1"),
        typed("pax", b'x', b"30 path=no line end"),
        member("b", b"2"),
        typed("././@LongLink", b'L', long.as_bytes()),
        member("c", b"3"),
        pax(&[("size", "-1")]),
        member("d", b"4"),
    ]);
    let broken = "! an extended header of the archive is broken; it is passed over";
    let endless = "! an extended header of the archive is too long; it is passed over";
    assert_eq!(said(&all), [broken, "a 1", broken, "b 2", endless, "c 3", broken, "d 4"]);
    let name = "n".repeat(limits::MEMBER_NAME_BYTES_MAX + 1);
    let all = archive(&[typed("././@LongLink", b'L', name.as_bytes()), member("a", b"1")]);
    assert_eq!(said(&all), [format!("{} 1", &name[1..])]);
}

#[test]
fn sizes_beyond_the_file_end_with_it() {
    let inside = "a! the archive ends inside this member";
    let most = [[0x80].as_slice(), &[0, 0, 0], &[0xFF; 8]].concat();
    let huge = [header("a", &most, b'0', b"ustar  \0").as_slice(), &padded(b"")].concat();
    assert_eq!(said(&huge), ["a ", inside]);
    let all = [pax(&[("size", &u64::MAX.to_string())]), member("a", b"1")].concat();
    assert_eq!(said(&all), [format!("a 1{}", "\0".repeat(511)).as_str(), inside]);
    let over = [[0x80].as_slice(), &[0xFF; 11]].concat();
    let over = header("a", &over, b'0', b"ustar  \0");
    let broken = "! a header of the archive is broken; it is passed over, with its member";
    assert_eq!(said(&over)[0], broken);
}

/// A Docker event that a test tells by its id.
fn event(id: &str) -> String {
    let stem = r#"{"Type":"container","Action":"die","time":1700000000,"Actor":{"ID":""#;
    format!("{stem}{id}\",\"Attributes\":{{\"name\":\"web\"}}}}}}\n")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn members_are_read_as_files() {
    let yaml = "apiVersion: v1\nkind: Event\nmetadata:\n  name: a\n  uid: u\nreason: Killing\n\
                message: m\ninvolvedObject:\n  kind: Pod\n  name: p\n  namespace: n\n\
                lastTimestamp: 2024-05-02T10:00:00Z\ntype: Normal\n";
    let inner = archive(&[member("x.json", event("x").as_bytes())]);
    let all = archive(&[
        member("a.json", event("a").as_bytes()),
        member("b.yaml", yaml.as_bytes()),
        member("c.json.gz", &gzip(event("c").as_bytes())),
        member("broken.gz", &gzip(event("d").as_bytes())[..30]),
        member("tar.tar", &inner),
        member("e.json", format!("\n{}", event("e")).as_bytes()),
    ]);
    let expected = [
        "1 Container Died",
        "1 Killing Container",
        "1 Container Died",
        "1 REJECT the gzip compression is broken or cut off at line 1: ",
        "1 REJECT an archive inside an archive is not read; take it out",
        "2 Container Died",
    ];
    for packed in [all.clone(), gzip(&all)] {
        let found = testing::read(packed);
        assert_eq!(found.error, None);
        let lines = found.lines();
        let starts = lines.iter().zip(expected).filter(|(line, start)| line.starts_with(start));
        assert_eq!((starts.count(), lines.len()), (6, 6), "{lines:#?}");
    }
}

/// Bombs that are each small enough share their bounds.
#[test]
fn what_members_unpack_to_is_bounded_together() {
    let bomb = gzip(&vec![b' '; 4 * 1024 * 1024]);
    let few = archive(&vec![member("few", &bomb); 3]);
    assert_eq!(testing::read(few).error, None);
    let many = archive(&vec![member("many", &bomb); 5]);
    let error = testing::read(many).error.unwrap();
    assert!(error.contains("more than 200 times"), "{error}");
}

#[test]
fn archives_are_told_from_text() {
    for text in ["a", "{\"a\": 1}", "x 1\n", &"x".repeat(600), "a\0b"] {
        assert_ne!(super::likeness(text.as_bytes()), super::Likeness::Archive, "{text}");
    }
    let old = header("old", &octal(1), 0, b"");
    assert_eq!(super::likeness(&old), super::Likeness::Archive);
    let mut wrong = old;
    wrong[0] = b'x';
    assert_eq!(super::likeness(&wrong), super::Likeness::Other);
    // A stream that has sent a line is not waited for.
    assert_eq!(super::likeness(b"2024-05-02 a\n"), super::Likeness::Other);
    assert_eq!(super::likeness(b"{\"status\":"), super::Likeness::Other);
}

#[test]
fn archives_of_the_tar_program_are_read() {
    let folder = std::env::temp_dir().join(format!("eventscope-tar-{}", std::process::id()));
    let deep = "d".repeat(60) + "/" + &"e".repeat(60);
    std::fs::create_dir_all(folder.join(&deep)).unwrap();
    for (name, id) in [("a.json", "1"), (&format!("{deep}/b.json"), "2")] {
        std::fs::write(folder.join(name), event(id)).unwrap();
    }
    let mut tried = 0;
    for format in ["v7", "ustar", "gnu", "pax"] {
        let names = if format == "v7" { vec!["a.json"] } else { vec!["a.json", "d"] };
        let names: Vec<String> = names
            .into_iter()
            .map(|name| if name == "d" { deep[..60].to_owned() } else { name.to_owned() })
            .collect();
        let made = Command::new("tar")
            .arg("-C")
            .arg(&folder)
            .args([&format!("--format={format}"), "-cf", "-"])
            .args(&names)
            .output();
        // Not every system has the program of GNU.
        let Ok(made) = made else { continue };
        if !made.status.success() {
            continue;
        }
        let found = testing::read(&made.stdout);
        assert_eq!(found.lines(), vec!["1 Container Died"; names.len()], "{format}");
        let entries = said(&made.stdout);
        let expected = if format == "v7" { 1 } else { 2 };
        assert_eq!(entries.len(), expected, "{format}: {entries:?}");
        assert!(names.len() == 1 || entries[1].starts_with(&format!("{deep}/b.json ")));
        tried += 1;
    }
    std::fs::remove_dir_all(folder).unwrap();
    println!("read archives of the tar program in {tried} layouts");
}
