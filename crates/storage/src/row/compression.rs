//! Row bodies, compressed one by one with a dictionary that their segment was trained on.
//!
//! One body alone is too short to compress; with a dictionary of what its neighbours have in common
//! it vacuums to a third, and can still be read without reading them. Frames leave out the magic
//! number and the dictionary id, 8 bytes that would say the same in every row.

use crate::error::{Error, Result};
use crate::limits::{DICTIONARY_BYTES, DICTIONARY_SAMPLES, ROW_BYTES_MAX};
use std::io;
use std::sync::Mutex;
use zstd::bulk::Compressor;
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{CParameter, DCtx, DParameter, FrameFormat};

const LEVEL: i32 = 3;
/// Bytes that most bodies unpack to at most; longer ones are flagged by their writer.
pub(crate) const SHORT_BYTES_MAX: usize = 4_096;

/// Trains a dictionary on an even sample of some bodies; empty if they are too few to train on.
pub(crate) fn train(bodies: &[&[u8]]) -> Vec<u8> {
    let step = bodies.len().div_ceil(DICTIONARY_SAMPLES).max(1);
    let sample: Vec<&[u8]> = bodies.iter().step_by(step).copied().collect();
    zstd::dict::from_samples(&sample, DICTIONARY_BYTES).unwrap_or_default()
}

fn failed(source: io::Error) -> Error {
    Error::Database { doing: "set up compression", source: Box::new(source) }
}

/// Compresses bodies.
pub(crate) struct RowCompressor<'a> {
    compressor: Compressor<'a>,
}

impl<'a> RowCompressor<'a> {
    /// A compressor for a dictionary that [`RowCompressor::dictionary`] has prepared.
    pub(crate) fn new(dictionary: &'a EncoderDictionary<'static>) -> Result<Self> {
        let mut compressor = Compressor::with_prepared_dictionary(dictionary).map_err(failed)?;
        for parameter in [
            CParameter::Format(FrameFormat::Magicless),
            CParameter::DictIdFlag(false),
            CParameter::ChecksumFlag(false),
        ] {
            compressor.set_parameter(parameter).map_err(failed)?;
        }
        Ok(Self { compressor })
    }

    /// Prepares a dictionary; an empty one is allowed.
    pub(crate) fn dictionary(bytes: &[u8]) -> Result<EncoderDictionary<'static>> {
        EncoderDictionary::try_copy(bytes, LEVEL).map_err(failed)
    }

    /// The compressed body, if that is shorter.
    pub(crate) fn pack(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        self.compressor.compress(body).ok().filter(|packed| packed.len() < body.len())
    }
}

/// Decompression contexts, kept for the next reader: setting one up costs more than a row.
#[derive(Default)]
pub(crate) struct RowDecompressors {
    idle: Mutex<Vec<(DCtx<'static>, Vec<u8>)>>,
}

impl std::fmt::Debug for RowDecompressors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowDecompressors")
    }
}

/// Whether a body may unpack to more than [`SHORT_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    Short,
    Long,
}

impl RowDecompressors {
    /// Prepares the dictionary of a place for reading; an empty one is allowed.
    pub(crate) fn dictionary(bytes: &[u8], place: &str) -> Result<DecoderDictionary<'static>> {
        DecoderDictionary::try_copy(bytes)
            .map_err(|_| Error::corrupt(place, "it is no dictionary of zstd"))
    }

    /// Decompresses a body and hands it to `use_body`.
    pub(crate) fn unpack<T>(
        &self,
        dictionary: &DecoderDictionary<'static>,
        packed: &[u8],
        length: Length,
        use_body: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let (mut context, mut buffer) = match idle {
            Some(idle) => idle,
            None => (new_context()?, Vec::with_capacity(SHORT_BYTES_MAX)),
        };
        let mut long = Vec::new();
        let target = match length {
            Length::Short => &mut buffer,
            Length::Long => {
                long.reserve_exact(ROW_BYTES_MAX);
                &mut long
            }
        };
        let done = context.decompress_using_ddict(target, packed, dictionary.as_ddict());
        let result = match done {
            Ok(_) => use_body(target),
            Err(_) => Err(Error::corrupt("a row", "it does not decompress")),
        };
        if let Ok(mut idle) = self.idle.lock() {
            idle.push((context, buffer));
        }
        result
    }
}

fn new_context() -> Result<DCtx<'static>> {
    let mut context = DCtx::create();
    context
        .set_parameter(DParameter::Format(FrameFormat::Magicless))
        .map_err(|_| Error::corrupt("the decompressor", "it does not know headless frames"))?;
    Ok(context)
}

#[cfg(test)]
mod tests {
    use super::{Length, RowCompressor, RowDecompressors, train};
    use crate::Error;

    #[test]
    fn a_damaged_dictionary_is_an_error() {
        // The magic number of a dictionary, and nothing that may follow it.
        let error = RowDecompressors::dictionary(&[0x37, 0xA4, 0x30, 0xEC, 1, 2, 3, 4, 5], "it");
        assert!(matches!(error, Err(Error::Corrupt { .. })));
    }

    fn round_trip(bodies: &[Vec<u8>], dictionary: &[u8]) -> usize {
        let encoder = RowCompressor::dictionary(dictionary).unwrap();
        let mut compressor = RowCompressor::new(&encoder).unwrap();
        let decoder = RowDecompressors::dictionary(dictionary, "a test").unwrap();
        let decompressors = RowDecompressors::default();
        let mut total = 0;
        for body in bodies {
            let Some(packed) = compressor.pack(body) else { continue };
            total += packed.len();
            let length =
                if body.len() > super::SHORT_BYTES_MAX { Length::Long } else { Length::Short };
            decompressors
                .unpack(&decoder, &packed, length, |read| {
                    assert_eq!(read, body);
                    Ok(())
                })
                .unwrap();
            // Nothing at all is a legal sequence of no frames; whoever reads the body notices.
            for cut in 1..packed.len().min(40) {
                assert!(
                    decompressors.unpack(&decoder, &packed[..cut], length, |_| Ok(())).is_err()
                );
            }
        }
        total
    }

    #[test]
    fn bodies_come_back_with_and_without_a_dictionary() {
        let bodies: Vec<Vec<u8>> = (0..2_000)
            .map(|n| format!("Readiness probe failed for pod web-{n:x} in namespace prod").into())
            .collect();
        let refs: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
        let dictionary = train(&refs);
        assert!(!dictionary.is_empty());
        let raw: usize = bodies.iter().map(Vec::len).sum();
        let packed = round_trip(&bodies, &dictionary);
        assert!(packed * 2 < raw, "{packed} of {raw}");
        round_trip(&[vec![b'x'; 100_000], b"abc".repeat(40)], &[]);
    }

    #[test]
    fn too_few_bodies_train_nothing() {
        assert!(train(&[b"one"]).is_empty());
    }
}
