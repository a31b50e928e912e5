//! The bytes of a ZIP archive, counted, so that what says how long something is can be checked.

use std::io::{self, BufRead, BufReader, Read};

/// An input that is read in pieces as they come.
pub(super) struct Input<R> {
    inner: BufReader<R>,
    at: u64,
    has_failed: bool,
}

impl<R: Read> Input<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner: BufReader::new(inner), at: 0, has_failed: false }
    }

    /// How many bytes were taken.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Whether it could not be read.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Bytes that come next; none at the end.
    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.inner.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.has_failed = true;
                    return Err(error);
                }
            }
        }
        Ok(self.inner.buffer())
    }

    /// Takes some of them.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.inner.consume(bytes);
        self.at = self.at.saturating_add(bytes as u64);
    }

    /// Passes over some bytes; `false` if the input ends before.
    pub(super) fn skip(&mut self, mut bytes: u64) -> io::Result<bool> {
        while bytes > 0 {
            let here = self.fill()?.len();
            if here == 0 {
                return Ok(false);
            }
            let taken = here.min(usize::try_from(bytes).unwrap_or(usize::MAX));
            self.consume(taken);
            bytes = bytes.saturating_sub(taken as u64);
        }
        Ok(true)
    }

    /// The next bytes; `None` if the input ends before.
    pub(super) fn bytes<const N: usize>(&mut self) -> io::Result<Option<[u8; N]>> {
        let bytes = self.up_to(N)?;
        Ok(bytes.try_into().ok())
    }

    /// As many bytes as a field of a header says; `None` if the input ends before.
    pub(super) fn vec(&mut self, length: u16) -> io::Result<Option<Vec<u8>>> {
        let bytes = self.up_to(usize::from(length))?;
        Ok((bytes.len() == usize::from(length)).then_some(bytes))
    }

    fn up_to(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(most);
        while bytes.len() < most {
            let open = most.saturating_sub(bytes.len());
            let here = self.fill()?;
            let here = here.get(..here.len().min(open)).unwrap_or_default();
            bytes.extend_from_slice(here);
            let taken = here.len();
            if taken == 0 {
                break;
            }
            self.consume(taken);
        }
        Ok(bytes)
    }

    /// Goes on until four bytes are found, the first of which may be some that were taken before.
    /// Asked about each four are these, the last 16 bytes, which end with them, and how many bytes
    /// were passed over. `None` at the end of the input.
    pub(super) fn find(
        &mut self,
        from: [u8; 4],
        is_it: impl Fn([u8; 4], &[u8; 16], u64) -> bool,
    ) -> io::Result<Option<[u8; 4]>> {
        let mut window = u128::from(u32::from_be_bytes(from));
        let mut passed = 0_u64;
        loop {
            let here = self.fill()?;
            let mut taken = 0_usize;
            let mut found = None;
            for byte in here {
                window = (window << 8) | u128::from(*byte);
                (taken, passed) = (taken.saturating_add(1), passed.saturating_add(1));
                let last = window.to_be_bytes();
                let [.., a, b, c, d] = last;
                if a == b'P' && is_it([a, b, c, d], &last, passed) {
                    found = Some([a, b, c, d]);
                    break;
                }
            }
            self.consume(taken);
            if found.is_some() || taken == 0 {
                return Ok(found);
            }
        }
    }
}
