//! Every file under a folder of test data is used by a test.

use super::tree::{File, files};

#[test]
fn no_test_data_lies_idle() {
    let files = files();
    let idle = idle_data(&files);
    assert!(idle.is_empty(), "named by no test; name the file or its folder in one: {idle:?}");
}

#[test]
fn idle_data_is_found() {
    let files = [
        File::new("tests/query.rs", "load(\"tests/data/scope\"); include_str!(\"data/one.json\")"),
        File::new("tests/data/scope/deep/a.toml", ""),
        File::new("tests/data/one.json", ""),
        File::new("tests/data/idle/b.toml", ""),
        File::new("tests/data/scopes.toml", ""),
    ];
    assert_eq!(idle_data(&files), ["tests/data/idle/b.toml", "tests/data/scopes.toml"]);
}

/// Files of test data for which no Rust source names `data/FILE` or `data/FOLDER` in a string.
fn idle_data(files: &[File]) -> Vec<&str> {
    let sources: Vec<&File> = files.iter().filter(|file| file.is_rust()).collect();
    let paths = files.iter().map(|file| file.path.as_str());
    let data = paths.filter_map(|path| Some((path, path.strip_prefix("tests/data/")?)));
    let idle = data.filter(|(_, below)| {
        let ends = below.match_indices('/').map(|(at, _)| at).chain([below.len()]);
        let names = ends.filter_map(|end| below.get(..end));
        let quoted: Vec<String> = names.map(|name| format!("data/{name}\"")).collect();
        !sources.iter().any(|source| quoted.iter().any(|name| source.text.contains(name)))
    });
    idle.map(|(path, _)| path).collect()
}
