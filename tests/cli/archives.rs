//! Archives of tar: their members are files, with paths of their own.

use super::kit::{Dir, event};

/// An archive of some files.
fn tar(members: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, text) in members {
        let mut block = [0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", text.len()).as_bytes());
        block[148..156].fill(b' ');
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes.extend_from_slice(&block);
        bytes.extend_from_slice(text.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

#[test]
fn members_are_files_of_the_report() {
    let dir = Dir::new();
    let (first, second) = (event(0, "alert", "HighCpu", "prod"), event(60, "docker", "Die", "dev"));
    let second = format!("{second}{{\"type\":\"custom\",\"name\":\"\",\"severity\":3}}\n");
    let members =
        [("a/one.json", first.as_str()), ("a/empty", ""), ("b/two.json", &second), ("log", "x\n")];
    dir.file("bundle.tar", tar(&members));
    let said = dir.run(&["import", "bundle.tar"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (
            Some(0),
            "read  appended  duplicates  updated  rejected  format  file\n   \
             1         1           0        0         0  native  bundle.tar!a/one.json\n   \
             2         1           0        0         1  native  bundle.tar!b/two.json\n   \
             0         0           0        0         0  -       bundle.tar!log\n   \
             3         2           0        0         1          (3 files)\n\
             no events: 1 line of text, 0 documents of other kinds\n\
             rejected: bundle.tar!b/two.json:2: no native event: name is missing\n"
        ),
        "{said:?}"
    );
    let again = dir.json(&["import", "bundle.tar"]);
    assert_eq!((&again["appended"], &again["duplicates"]), (&0.into(), &2.into()), "{again}");

    let strict = dir.run(&["--store", "other.db", "import", "--strict", "bundle.tar"]);
    assert_eq!(strict.code, Some(1));
    assert_eq!(
        strict.err,
        "eventscope: bundle.tar!b/two.json:2: no native event: name is missing; nothing of this \
         file was stored\n"
    );
}

#[test]
fn an_archive_that_is_cut_or_holds_nothing_is_told() {
    let dir = Dir::new();
    let text = event(0, "alert", "HighCpu", "prod");
    let whole = tar(&[("one.json", &text), ("two.json", &text.repeat(9))]);
    dir.file("cut.tar", &whole[..2000]);
    let said = dir.run(&["import", "cut.tar"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let told = "rejected: cut.tar!two.json:1: the archive ends inside this member\n";
    assert!(said.out.ends_with(told), "{said:?}");
    dir.file("logs.tar", tar(&[("a.log", "x\n")]));
    let said = dir.run(&["import", "logs.tar"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.starts_with("eventscope: logs.tar holds no events"), "{said:?}");
}
