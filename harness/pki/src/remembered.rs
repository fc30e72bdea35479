//! What was made, read or verified once, for everybody in this process.
//!
//! It follows from its inputs alone, a curve's arithmetic is what makes a certificate dear, and runs
//! of equal seeds ask for the same ones again.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

/// How many answers of one kind are kept: some dozens per simulated mesh.
const KEPT: usize = 4096;

/// Answers by the digest of what they follow from.
pub(crate) struct Remembered<T>(Mutex<BTreeMap<[u8; 32], T>>);

impl<T: Clone> Remembered<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The answer that follows from these words: made once, or known.
    pub(crate) fn of(&self, words: &[&[u8]], make: impl FnOnce() -> T) -> T {
        self.of_while(words, |_| true, make)
    }

    /// The same for an answer that holds for a while, and is made again behind it.
    pub(crate) fn of_while(
        &self,
        words: &[&[u8]],
        holds: impl Fn(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> T {
        let digest = digest(words);
        if let Some(known) = self.known(&digest).filter(holds) {
            return known;
        }
        // Not under the lock: what takes long would keep others waiting.
        let made = make();
        self.keep(digest, made.clone());
        made
    }

    fn known(&self, digest: &[u8; 32]) -> Option<T> {
        self.lock().get(digest).cloned()
    }

    fn keep(&self, digest: [u8; 32], answer: T) {
        let mut known = self.lock();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(digest, answer);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<[u8; 32], T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lengths are part of it, so that no two lists of words are the same bytes.
fn digest(words: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for word in words {
        hash.update(word.len().to_be_bytes());
        hash.update(word);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_made_once_for_the_same_words_only() {
        let kept = Remembered::new();
        let asked = |words: &[&[u8]], answer| kept.of(words, || answer);
        assert_eq!(asked(&[b"a", b"bc"], 1), 1);
        assert_eq!(asked(&[b"a", b"bc"], 2), 1);
        assert_eq!(asked(&[b"ab", b"c"], 3), 3);
    }

    #[test]
    fn an_answer_that_holds_no_more_is_made_again() {
        let kept = Remembered::new();
        let asked = |now, made| kept.of_while(&[b"a"], |until| now <= *until, || made);
        assert_eq!(asked(1, 2), 2);
        assert_eq!(asked(2, 9), 2);
        assert_eq!(asked(3, 9), 9);
        assert_eq!(asked(4, 0), 9);
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let kept = Remembered::new();
        for i in 0..=KEPT {
            kept.of(&[&i.to_be_bytes()], || i);
        }
        assert_eq!(kept.lock().len(), 1);
    }
}
