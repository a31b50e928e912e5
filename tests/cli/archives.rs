//! Archives of tar and ZIP: their members are files, with paths of their own.

use super::kit::{Dir, event};
use eventscope_testkit::archives::{ZipMember, tar, zip};

/// What makes an archive of some files.
type Packer = fn(&[(&str, &str)]) -> Vec<u8>;

fn zipped(members: &[(&str, &str)]) -> Vec<u8> {
    let members = members.iter().map(|(name, text)| ZipMember::new(name, text));
    zip(&members.collect::<Vec<_>>())
}

#[test]
fn members_are_files_of_the_report() {
    let tarred: Packer = |members| tar(members);
    check_report("bundle.tar", tarred);
    check_report("logs.zip", zipped);
}

fn check_report(archive: &str, pack: Packer) {
    let dir = Dir::new();
    let (first, second) = (event(0, "alert", "HighCpu", "prod"), event(60, "docker", "Die", "dev"));
    let second = format!("{second}{{\"type\":\"custom\",\"name\":\"\",\"severity\":3}}\n");
    let members =
        [("a/one.json", first.as_str()), ("a/empty", ""), ("b/two.json", &second), ("log", "x\n")];
    dir.file(archive, pack(&members));
    let said = dir.run(&["import", archive]);
    assert_eq!(
        (said.code, said.out),
        (
            Some(0),
            "read  appended  duplicates  updated  rejected  format  file\n   \
             1         1           0        0         0  native  bundle.tar!a/one.json\n   \
             2         1           0        0         1  native  bundle.tar!b/two.json\n   \
             0         0           0        0         0  -       bundle.tar!log\n   \
             3         2           0        0         1          (3 files)\n\
             no events: 1 line of text, 0 documents of other kinds\n\
             rejected: bundle.tar!b/two.json:2: no native event: name is missing\n"
                .replace("bundle.tar", archive)
        ),
        "{}",
        said.err
    );
    let again = dir.json(&["import", archive]);
    assert_eq!((&again["appended"], &again["duplicates"]), (&0.into(), &2.into()), "{again}");

    let strict = dir.run(&["--store", "other.db", "import", "--strict", archive]);
    assert_eq!(strict.code, Some(1));
    assert_eq!(
        strict.err,
        format!(
            "eventscope: {archive}!b/two.json:2: no native event: name is missing; nothing of \
             this file was stored\n"
        )
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

/// Members of kinds that a text of all of them would mix up, and some that cannot be read.
#[test]
fn members_of_a_zip_archive_are_read_each_by_itself() {
    let dir = Dir::new();
    let (alert, die) = (event(0, "alert", "HighCpu", "prod"), event(60, "docker", "Die", "dev"));
    let yaml = "apiVersion: v1\nkind: Event\nmetadata:\n  name: a\n  uid: u\nreason: Killing\n\
                message: m\ninvolvedObject:\n  kind: Pod\n  name: p\n  namespace: n\n\
                lastTimestamp: 2024-05-02T10:00:00Z\ntype: Normal\n";
    let wide: Vec<u8> = die.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let archive = zip(&[
        ZipMember::new("a.json", &alert),
        ZipMember::new("b.yaml", yaml),
        ZipMember::new("secret.json", &alert).flagged(1),
        ZipMember::new("c.json", [b"\xff\xfe".as_slice(), &wide].concat()),
        ZipMember::new("d.zip", zip(&[ZipMember::new("inner", &alert)])),
    ]);
    dir.file("logs.zip", &archive);
    let expected = "read  appended  duplicates  updated  rejected  format      file\n   \
         1         1           0        0         0  native      logs.zip!a.json\n   \
         1         1           0        0         0  kubernetes  logs.zip!b.yaml\n   \
         1         0           0        0         1  -           logs.zip!secret.json\n   \
         1         1           0        0         0  native      logs.zip!c.json\n   \
         1         0           0        0         1  -           logs.zip!d.zip\n   \
         5         3           0        0         2              (5 files)\n\
         rejected: logs.zip!secret.json:1: this member is encrypted; unpack it first\n\
         rejected: logs.zip!d.zip:1: an archive inside an archive is not read; take it out\n";
    let said = dir.run(&["import", "logs.zip"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), expected), "{}", said.err);

    let mut piped = dir.command(&["import", "-", "--json"]);
    piped.stdin(std::fs::File::open(dir.path("logs.zip")).unwrap());
    let piped: serde_json::Value = serde_json::from_slice(&piped.output().unwrap().stdout).unwrap();
    assert_eq!((&piped["duplicates"], &piped["rejected"]), (&3.into(), &2.into()), "{piped}");
    assert_eq!(piped["files"][1]["path"], "-!b.yaml");
}
