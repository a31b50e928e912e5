//! The target `import_suricata` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
