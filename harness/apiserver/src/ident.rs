//! Identifiers from a seed and names: uids, generated suffixes, keys.
//!
//! Nothing here counts globally, so an object keeps its uid whatever else happens around it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::store::{Key, Table};

/// The alphabet of generated names: no vowels, no characters that look alike.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Where every identifier of one server comes from.
#[derive(Debug, Clone)]
pub(crate) struct Seed(String);

impl Seed {
    pub(crate) fn new(seed: u64, cluster: &str) -> Self {
        Self(format!("{seed}/{cluster}"))
    }

    /// 32 bytes that depend on the seed and these words only.
    pub(crate) fn digest(&self, words: &[&str]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.0.as_bytes());
        for word in words {
            // The length keeps ("ab", "c") apart from ("a", "bc").
            hash.update((word.len() as u64).to_be_bytes());
            hash.update(word.as_bytes());
        }
        hash.finalize().into()
    }

    /// The uid of the `life`-th object of this name.
    pub(crate) fn uid(&self, table: &Table, key: &Key, life: u32) -> String {
        let life = life.to_string();
        let words = [
            "uid",
            &table.group,
            &table.resource,
            &key.namespace,
            &key.name,
            &life,
        ];
        uuid(self.digest(&words))
    }

    /// The five characters that follow `generateName` the `nth` time.
    pub(crate) fn suffix(&self, table: &Table, prefix: &Key, nth: u32) -> String {
        let nth = nth.to_string();
        let words = [
            "name",
            &table.group,
            &table.resource,
            &prefix.namespace,
            &prefix.name,
            &nth,
        ];
        let digest = self.digest(&words);
        digest
            .iter()
            .take(5)
            .map(|&b| char::from(ALPHABET[usize::from(b) % ALPHABET.len()]))
            .collect()
    }
}

/// A random-looking (version 4) UUID of a digest.
pub(crate) fn uuid(digest: [u8; 32]) -> String {
    let mut bytes: [u8; 16] = std::array::from_fn(|i| digest[i]);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.into_iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(hex(byte >> 4));
        text.push(hex(byte & 0x0f));
    }
    text
}

fn hex(half: u8) -> char {
    char::from_digit(half.into(), 16).expect("half a byte is one digit")
}

/// How often each name lived and each prefix was completed.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    ended: BTreeMap<(Table, Key), u32>,
    generated: BTreeMap<(Table, Key), u32>,
}

impl Lives {
    /// How many objects of this name are gone.
    pub(crate) fn ended(&self, table: &Table, key: &Key) -> u32 {
        self.ended
            .get(&(table.clone(), key.clone()))
            .copied()
            .unwrap_or(0)
    }

    /// Records that the object of this name is gone.
    pub(crate) fn end(&mut self, table: &Table, key: &Key) {
        *self.ended.entry((table.clone(), key.clone())).or_default() += 1;
    }

    /// The ordinal of the next completion of `prefix`.
    pub(crate) fn next_generated(&mut self, table: &Table, prefix: &Key) -> u32 {
        let nth = self
            .generated
            .entry((table.clone(), prefix.clone()))
            .or_default();
        *nth += 1;
        *nth
    }
}
