//! What a library must leave to the program that links it: the environment, the terminal, the
//! network, other processes, the end of its own, and everything that is global.

use super::tree::{Complaint, File, check, finds};

/// The crates that a program links.
const LIBRARIES: [&str; 8] =
    ["model", "scope", "formats", "storage", "query", "eventscope", "intake", "wire"];

/// What they do not do, as it would stand in their source.
const FORBIDDEN: [(&str, &str); 33] = [
    ("std::env", "the environment is the program's; take an option"),
    ("env::var", "the environment is the program's; take an option"),
    ("env::set", "the environment is the program's"),
    ("env::current_dir", "which folder is meant is for the program to say"),
    ("process::exit", "return an error; the program decides when it ends"),
    ("process::abort", "return an error; the program decides when it ends"),
    ("process::Command", "a library starts no other programs"),
    ("Command::new", "a library starts no other programs"),
    ("std::net", "a library opens no connections"),
    ("TcpStream", "a library opens no connections"),
    ("TcpListener", "a library opens no connections"),
    ("UdpSocket", "a library opens no connections"),
    ("UnixStream", "a library opens no connections"),
    ("print!", "return what there is to say; the terminal is the program's"),
    ("println!", "return what there is to say; the terminal is the program's"),
    ("dbg!", "return what there is to say; the terminal is the program's"),
    ("stdin()", "read what the caller gives; the terminal is the program's"),
    ("stdout()", "write where the caller says; the terminal is the program's"),
    ("stderr()", "return what there is to say; the terminal is the program's"),
    ("log::info!", "return what there is to say; do not log it"),
    ("log::warn!", "return what there is to say; do not log it"),
    ("log::error!", "return what there is to say; do not log it"),
    ("log::debug!", "return what there is to say; do not log it"),
    ("set_logger", "the one logger of a process is the program's"),
    ("tracing::", "return what there is to say; do not log it"),
    ("set_hook", "what a panic prints is for the program to say"),
    ("take_hook", "what a panic prints is for the program to say"),
    ("static mut", "nothing is global; hand it down"),
    ("thread_local!", "nothing is global; hand it down"),
    ("lazy_static!", "nothing is global; hand it down"),
    ("labels --allow", "an error knows no command line; the program adds its advice"),
    ("run verify", "an error knows no command line; the program adds its advice"),
    ("import makes", "an error knows no command line; the program adds its advice"),
];

/// How a document of JSON begins that is neither read nor written anywhere else.
const DOCUMENTS: [&str; 4] =
    ["Serialize)", "Serialize,", "impl Serialize for", "impl<'de> Deserialize<'de> for"];

/// What is among the sources but in no release.
const NOT_SHIPPED: [&str; 2] = ["/tests.rs", "storage/src/fault_injection.rs"];

#[test]
fn libraries_leave_the_process_to_the_program() {
    check(intrusions);
    let path = "crates/storage/src/a.rs";
    for (text, _) in FORBIDDEN {
        finds(intrusions, path, &format!("//! {text}\nfn a() {{\n    {text}\n}}\n"), &[3]);
    }
    finds(intrusions, path, "static A: Mutex<u8> = x;\npub(crate) static B: u8 = 1;\n", &[1, 2]);
    finds(intrusions, path, "fn a(b: &'static str) {}\nlet id = std::process::id();\n", &[]);
    finds(intrusions, path, "mod tests {\n    println!();\n}\n", &[]);
    for path in ["crates/cli/main.rs", "crates/formats/src/a/tests.rs", "docs/a.md"] {
        finds(intrusions, path, "println!();\n", &[]);
    }
}

#[test]
fn the_command_line_has_no_document_of_its_own() {
    check(own_documents);
    let path = "crates/cli/commands/a.rs";
    finds(
        own_documents,
        path,
        "#[derive(Serialize)]\n#[derive(Debug, serde::Serialize)]\n",
        &[1, 2],
    );
    finds(own_documents, path, "#[derive(Serialize, Debug)]\nimpl Serialize for A {}\n", &[1, 2]);
    finds(own_documents, path, "fn a(document: &impl Serialize) {}\nuse serde::Serialize;\n", &[]);
    finds(own_documents, "crates/wire/src/a.rs", "#[derive(Serialize)]\n", &[]);
}

fn own_documents(file: &File) -> Vec<Complaint> {
    let is_source = file.path.starts_with("crates/cli/") && file.is_rust();
    let is_own = |line: &str| {
        let is_derived = line.trim_start().starts_with("#[derive(");
        DOCUMENTS.iter().any(|start| line.contains(start))
            && (is_derived || line.trim_start().starts_with("impl"))
    };
    let own = file.lines().filter(|(_, line)| is_source && is_own(line));
    own.map(|(number, _)| (number, "what is printed as JSON stands in crates/wire".to_owned()))
        .collect()
}

fn intrusions(file: &File) -> Vec<Complaint> {
    let mut rooms = file.path.split('/').skip_while(|part| *part != "crates").skip(1);
    let is_library = rooms.next().is_some_and(|room| LIBRARIES.contains(&room));
    let is_source = rooms.next() == Some("src") && file.is_rust();
    if !is_library || !is_source || NOT_SHIPPED.iter().any(|end| file.path.ends_with(end)) {
        return Vec::new();
    }
    let code = file.lines().take_while(|(_, line)| line.trim() != "mod tests {");
    let code = code.filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.filter_map(|(number, line)| Some((number, intrusion(line)?.to_owned()))).collect()
}

/// What is wrong with a line of code, if anything is.
fn intrusion(line: &str) -> Option<&'static str> {
    let words: Vec<&str> = line.split_whitespace().take(2).collect();
    if matches!(words[..], ["static", _])
        || matches!(words[..], [public, "static"] if public.starts_with("pub"))
    {
        return Some("nothing is global; hand it down");
    }
    FORBIDDEN.iter().find(|(text, _)| line.contains(text)).map(|(_, why)| *why)
}
