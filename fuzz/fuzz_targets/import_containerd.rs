//! The target `import_containerd` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
