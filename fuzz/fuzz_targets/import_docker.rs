//! The target `import_docker` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
