//! The pages in which redb keeps what is free in a file.
//!
//! redb trusts them in a file that was closed, or whose last commit says what is free. Where they
//! are damaged it panics in the middle of a commit, at places once more while it unwinds, and that
//! ends the process. Yet everything they say follows from the other pages: in a file that has none
//! of them redb looks through the others, whose checksums it compares, and makes them anew. So they
//! are looked through here before redb sees the file, and if they are damaged, it is shown the head
//! of a file that has none. Whatever is written to the file is written by redb.
//!
//! The form is that of redb's file format 3, as redb 4.6 writes it. A head that says anything else
//! is left alone.

use redb::StorageBackend;
use std::io;
use xxhash_rust::xxh3::xxh3_128;

/// The head of a file: facts about all of it, and two slots, each for the roots of a commit.
pub(super) const HEAD_BYTES: usize = 320;
const MAGIC: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";
const FLAGS: usize = 9;
const IN_SECOND_SLOT: u8 = 1;
const TO_BE_REPAIRED: u8 = 2;
/// The slot was durable before it was chosen; redb considers no other then.
const IS_CERTAIN: u8 = 4;
const PAGE_BYTES: u64 = 4_096;
const PAGE_BYTES_AT: usize = 12;
const REGION_HEAD_PAGES_AT: usize = 16;
const REGION_PAGES_AT: usize = 20;
/// Pages of a region, or of its head.
const REGION_PAGES_MAX: usize = 1 << 20;

const SLOTS: usize = 64;
const SLOT_BYTES: usize = 128;
const FORMAT: u8 = 3;
/// Whether there is anything, and where it begins.
const IS_THERE: usize = 2;
const ROOT: usize = 40;
const ROOT_BYTES: usize = 32;
const SLOT_SUM: usize = 112;

const LEAF: u8 = 1;
const BRANCH: u8 = 2;
/// Longer than any node that says what is free.
const NODE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Takes what is free out of a head if its pages are damaged.
pub(super) fn mend(head: &mut [u8], file: &dyn StorageBackend) -> io::Result<()> {
    let Some(slot) = slot(head) else { return Ok(()) };
    let Some(mut pages) = Pages::of(head, file)? else { return Ok(()) };
    let root = slot.get(ROOT..ROOT + ROOT_BYTES).and_then(Link::read);
    if slot.get(IS_THERE) == Some(&0) || pages.are_whole(root)? {
        return Ok(());
    }
    hide(head);
    Ok(())
}

/// The slot in force, if it is one that redb will believe.
fn slot(head: &[u8]) -> Option<&[u8]> {
    let slot = head.get(slot_at(head)..)?.get(..SLOT_BYTES)?;
    let is_known = head.starts_with(MAGIC)
        && head.get(FLAGS)? & IS_CERTAIN != 0
        && number(head, PAGE_BYTES_AT)? as u64 == PAGE_BYTES
        && *slot.first()? == FORMAT;
    let (facts, sum) = slot.split_at_checked(SLOT_SUM)?;
    (is_known && xxh3_128(facts).to_le_bytes() == sum).then_some(slot)
}

fn slot_at(head: &[u8]) -> usize {
    let is_second = head.get(FLAGS).is_some_and(|flags| flags & IN_SECOND_SLOT != 0);
    if is_second { SLOTS + SLOT_BYTES } else { SLOTS }
}

/// Makes the slot in force that of a file which has no such pages.
fn hide(head: &mut [u8]) {
    let at = slot_at(head);
    if let Some(flags) = head.get_mut(FLAGS) {
        *flags |= TO_BE_REPAIRED;
    }
    let slot = head.get_mut(at..).and_then(|rest| rest.get_mut(..SLOT_BYTES));
    let Some(slot) = slot else { return };
    let root = std::iter::once(IS_THERE).chain(ROOT..ROOT + ROOT_BYTES);
    for at in root {
        if let Some(byte) = slot.get_mut(at) {
            *byte = 0;
        }
    }
    if let Some((facts, sum)) = slot.split_at_mut_checked(SLOT_SUM) {
        sum.copy_from_slice(&xxh3_128(facts).to_le_bytes());
    }
}

/// Where a node is, and what its checksum must be.
#[derive(Clone, Copy, Debug)]
struct Link {
    page: u64,
    sum: u128,
}

impl Link {
    /// Reads what a root begins with; its length follows, which nobody asks for.
    fn read(root: &[u8]) -> Option<Self> {
        let (page, rest) = root.split_first_chunk()?;
        let sum = rest.first_chunk()?;
        Some(Self { page: u64::from_le_bytes(*page), sum: u128::from_le_bytes(*sum) })
    }
}

/// How many bytes each key and each value of a tree has, where all have as many.
#[derive(Clone, Copy, Debug, Default)]
struct Widths {
    key: Option<usize>,
    value: Option<usize>,
}

/// The pages of a file.
struct Pages<'a> {
    file: &'a dyn StorageBackend,
    file_bytes: u64,
    region_head_bytes: u64,
    region_bytes: u64,
    /// How much more there can be to read: no node is the child of two.
    bytes_left: u64,
}

#[expect(clippy::arithmetic_side_effects, reason = "2^20 regions of 2^21 pages at most")]
impl<'a> Pages<'a> {
    fn of(head: &[u8], file: &'a dyn StorageBackend) -> io::Result<Option<Self>> {
        let pages_at = |at| number(head, at).filter(|pages| *pages <= REGION_PAGES_MAX);
        let bytes_at = |at| pages_at(at).map(|pages| pages as u64 * PAGE_BYTES);
        let (head, body) = (bytes_at(REGION_HEAD_PAGES_AT), bytes_at(REGION_PAGES_AT));
        let Some((head, body)) = head.zip(body) else { return Ok(None) };
        let file_bytes = file.len()?;
        Ok(Some(Self {
            file,
            file_bytes,
            region_head_bytes: head,
            region_bytes: head + body,
            bytes_left: file_bytes,
        }))
    }

    /// Whether all pages are as they were written: those of the tree that names the tables, and
    /// those of each of these.
    fn are_whole(&mut self, root: Option<Link>) -> io::Result<bool> {
        let Some(root) = root else { return Ok(false) };
        let mut tables = Vec::new();
        let mut are_known = true;
        let is_whole =
            self.is_whole(root, Widths::default(), &mut |definition| match table(definition) {
                Some(table) => tables.extend(table),
                None => are_known = false,
            })?;
        if !is_whole || !are_known {
            return Ok(false);
        }
        for (root, widths) in tables {
            if !self.is_whole(root, widths, &mut |_| ())? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether all nodes of a tree are as they were written; `each` is given its values.
    fn is_whole(
        &mut self,
        root: Link,
        widths: Widths,
        each: &mut dyn FnMut(&[u8]),
    ) -> io::Result<bool> {
        let mut waiting = vec![root];
        while let Some(link) = waiting.pop() {
            let Some(bytes) = self.read(link.page)? else { return Ok(false) };
            let Some(node) = Node::read(&bytes, widths) else { return Ok(false) };
            if xxh3_128(node.bytes) != link.sum {
                return Ok(false);
            }
            match node.links() {
                Some(links) => waiting.extend(links),
                None => node.values(widths, each),
            }
        }
        Ok(true)
    }

    /// Reads a page, if there can be one of that name. Where the disk refuses, so does opening.
    fn read(&mut self, page: u64) -> io::Result<Option<Vec<u8>>> {
        let order = page >> 59;
        let (region, number) = ((page >> 20) & 0xF_FFFF, page & (0xF_FFFF >> order));
        let bytes = PAGE_BYTES << order;
        let start =
            PAGE_BYTES + region * self.region_bytes + self.region_head_bytes + number * bytes;
        let is_there = bytes <= NODE_BYTES_MAX && start + bytes <= self.file_bytes;
        if !is_there || bytes > self.bytes_left {
            return Ok(None);
        }
        self.bytes_left -= bytes;
        let mut read = vec![0; bytes as usize];
        self.file.read(start, &mut read)?;
        Ok(Some(read))
    }
}

/// The root and the widths of a table, from the value that defines it; nothing for one that is
/// empty.
fn table(definition: &[u8]) -> Option<Option<(Link, Widths)>> {
    /// The only kind that there is here.
    const NORMAL: u8 = 3;
    const IS_THERE: usize = 9;
    const ROOT: usize = 10;
    const KEY: usize = 42;
    const VALUE: usize = 47;
    if *definition.first()? != NORMAL {
        return None;
    }
    if *definition.get(IS_THERE)? == 0 {
        return Some(None);
    }
    let width = |at: usize| match definition.get(at..)?.split_first()? {
        (0, _) => Some(None),
        (_, width) => number(width, 0).map(Some),
    };
    let widths = Widths { key: width(KEY)?, value: width(VALUE)? };
    Some(Some((Link::read(definition.get(ROOT..)?)?, widths)))
}

/// A node of a tree, without what its page has behind it.
///
/// Both kinds begin with their kind, a byte, and the number of their keys. A leaf goes on with the
/// ends of its keys and the ends of its values, where these are not all as long; a branch with the
/// checksums and then the pages of its children, one more than keys, and the ends of its keys. Keys
/// follow, and in a leaf the values.
struct Node<'a> {
    bytes: &'a [u8],
    keys: usize,
    /// Where the keys end.
    keys_end: usize,
}

#[expect(clippy::arithmetic_side_effects, reason = "a node has 65,535 keys at most")]
impl<'a> Node<'a> {
    fn read(page: &'a [u8], widths: Widths) -> Option<Self> {
        let keys = usize::from(u16::from_le_bytes(*page.get(2..)?.first_chunk()?));
        let last = keys.checked_sub(1)?;
        let ends = |of: Option<usize>| if of.is_none() { keys * 4 } else { 0 };
        let (ends_at, head) = match *page.first()? {
            LEAF => (4, 4 + ends(widths.key) + ends(widths.value)),
            BRANCH => (8 + 24 * (keys + 1), 8 + 24 * (keys + 1) + ends(widths.key)),
            _ => return None,
        };
        let keys_end = match widths.key {
            Some(width) => head.checked_add(width.checked_mul(keys)?)?,
            None => number(page, ends_at + last * 4)?,
        };
        let end = match (*page.first()?, widths.value) {
            (BRANCH, _) => keys_end,
            (_, Some(width)) => keys_end.checked_add(width.checked_mul(keys)?)?,
            (_, None) => number(page, 4 + ends(widths.key) + last * 4)?,
        };
        Some(Self { bytes: page.get(..end)?, keys, keys_end })
    }

    /// The children of a branch; `None` for a leaf.
    fn links(&self) -> Option<impl Iterator<Item = Link>> {
        let children = self.keys + 1;
        let rest = self.bytes.get(8..).filter(|_| self.bytes.first() == Some(&BRANCH))?;
        let (sums, rest) = rest.split_at_checked(16 * children)?;
        let pages = rest.get(..8 * children)?;
        let links = sums.as_chunks().0.iter().zip(pages.as_chunks().0);
        Some(links.map(|(sum, page)| Link {
            page: u64::from_le_bytes(*page),
            sum: u128::from_le_bytes(*sum),
        }))
    }

    /// Hands out the values of a leaf that have their ends in it.
    fn values(&self, widths: Widths, each: &mut dyn FnMut(&[u8])) {
        let ends_at = if widths.key.is_none() { 4 + 4 * self.keys } else { 4 };
        let mut start = self.keys_end;
        for at in 0..self.keys {
            let Some(end) = number(self.bytes, ends_at + at * 4) else { return };
            if let Some(value) = self.bytes.get(start..end) {
                each(value);
            }
            start = end;
        }
    }
}

/// Reads four bytes.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize)
}

#[cfg(test)]
mod tests {
    use super::{HEAD_BYTES, PAGE_BYTES, mend};
    use crate::vfs::{Access, OsVfs, Rights, VfsPath};
    use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
    use std::fs;
    use std::sync::Arc;

    const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("numbers");
    const COMMITS: u64 = 20;
    /// Damaged pages that are tried: each costs several syncs.
    const TRIED: usize = 3;

    fn open(spot: &VfsPath) -> Database {
        let access = match spot.is_there().unwrap() {
            true => Access::Existing,
            false => Access::New(Rights::default()),
        };
        redb::Builder::new().create_with_backend(spot.open(access).unwrap().0).unwrap()
    }

    /// Writes a long value, and removes one of before.
    fn commit(database: &Database, number: u64) {
        let mut transaction = database.begin_write().unwrap();
        transaction.set_quick_repair(true);
        let mut table = transaction.open_table(TABLE).unwrap();
        table.insert(number, &*vec![number as u8; 9_000]).unwrap();
        table.remove(number / 2).unwrap();
        drop(table);
        transaction.commit().unwrap();
    }

    fn numbers(database: &Database) -> Vec<(u64, usize)> {
        let table = database.begin_read().unwrap().open_table(TABLE).unwrap();
        let items = table.iter().unwrap().map(|item| item.unwrap());
        items.map(|(number, value)| (number.value(), value.value().len())).collect()
    }

    #[test]
    fn what_is_free_is_found_out_again() {
        let dir = tempfile::tempdir().unwrap();
        let spot = |name| VfsPath::new(Arc::new(OsVfs), dir.path().join(name));
        let database = open(&spot("it"));
        // A transaction that reads on keeps pages from being free.
        let reader = database.begin_read().unwrap();
        (0..COMMITS).for_each(|number| commit(&database, number));
        let expected = numbers(&database);
        let crashed = fs::read(spot("it").path()).unwrap();
        drop(reader);
        database.close().unwrap();
        let closed = fs::read(spot("it").path()).unwrap();
        damage(&spot("copy"), &crashed, &expected);
        damage(&spot("copy"), &closed, &expected);
    }

    /// Opens a file with one of some pages damaged that say what is free.
    fn damage(spot: &VfsPath, image: &[u8], expected: &[(u64, usize)]) {
        assert!(!is_mended(spot, image), "it is right as it is");
        let mut tried = 0;
        for page in (1..image.len() / PAGE_BYTES as usize).rev() {
            let mut bytes = image.to_vec();
            // The number of keys.
            bytes[page * PAGE_BYTES as usize + 3] ^= 0x10;
            if tried == TRIED || !is_mended(spot, &bytes) {
                continue;
            }
            tried += 1;
            let database = open(spot);
            assert_eq!(numbers(&database), expected, "page {page}");
            commit(&database, COMMITS);
            database.close().unwrap();
        }
        assert_eq!(tried, TRIED);
    }

    /// Writes a file, and says whether redb would see another head.
    fn is_mended(spot: &VfsPath, image: &[u8]) -> bool {
        fs::write(spot.path(), image).unwrap();
        let (backend, _) = spot.open(Access::Existing).unwrap();
        let mut head = image[..HEAD_BYTES].to_vec();
        mend(&mut head, &backend).unwrap();
        head != image[..HEAD_BYTES]
    }

    #[test]
    fn a_head_of_another_form_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let spot = VfsPath::new(Arc::new(OsVfs), dir.path().join("it"));
        commit(&open(&spot), 1);
        let image = fs::read(spot.path()).unwrap();
        let (backend, _) = spot.open(Access::Existing).unwrap();
        for at in 0..HEAD_BYTES {
            let mut head = image[..HEAD_BYTES].to_vec();
            head[at] = !head[at];
            let before = head.clone();
            mend(&mut head, &backend).unwrap();
            // The sizes of regions have no checksum: pages are looked for elsewhere then.
            assert!(head == before || (16..24).contains(&at), "byte {at}");
        }
    }
}
