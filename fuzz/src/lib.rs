//! What all binaries of this package are: a target of `eventscope_trials::targets` behind
//! libFuzzer.

use eventscope_trials::targets::{Target, find};

/// Makes a binary the fuzzer of the target that bears its name.
#[macro_export]
macro_rules! target {
    () => {
        libfuzzer_sys::fuzz_target!(
            init: $crate::begin(env!("CARGO_BIN_NAME")),
            |bytes: &[u8]| ($crate::named(env!("CARGO_BIN_NAME")).run)(bytes)
        );
    };
}

/// The target of a binary.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn named(binary: &str) -> &'static Target {
    find(binary).expect("a binary bears the name of its target")
}

/// Lets a target that reads damage panic below the guard that makes errors of panics: libFuzzer
/// stops at any panic otherwise. What leaves a target ends the fuzzer all the same.
pub fn begin(binary: &str) {
    if ["open", "text_file"].contains(&named(binary).name) {
        std::panic::set_hook(Box::new(|_| ()));
    }
}
