//! The target `import_jsonl` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
