//! Text that is told to many and changed by nobody, and sentences that are put into words only when
//! somebody reads them. A simulated mesh leaves several of both at every station of every call, and
//! hardly any is read: most calls do what they should.

use std::{fmt, ops::Deref, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text whose clones are the same text.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

/// One sentence, in words once it is shown, compared or serialized. Clones are the same sentence.
#[derive(Clone)]
pub struct Sentence(Arc<dyn Words>);

/// What a sentence can be made of: whatever can be shown, [`fmt::from_fn`] included, and says the same
/// whenever that is.
pub trait Words: fmt::Display + Send + Sync + 'static {}

impl<T: fmt::Display + Send + Sync + 'static> Words for T {}

impl Sentence {
    /// The sentence that `words` are when they are shown.
    pub fn new(words: impl Words) -> Self {
        Self(Arc::new(words))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.0, f)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl PartialEq for Sentence {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Sentence {}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sentence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_its_words_however_it_is_made() {
        let late = Sentence::new(fmt::from_fn(|f| write!(f, "{} of {}", 2, 3)));
        assert_eq!(late, Sentence::new("2 of 3"));
        assert_ne!(late, Sentence::new("2 of 4"));
        assert_eq!(serde_json::to_string(&late).unwrap(), r#""2 of 3""#);
        assert_eq!(
            serde_json::from_str::<Sentence>(r#""2 of 3""#).unwrap(),
            late
        );
    }

    #[test]
    fn a_text_is_serialized_as_what_it_says() {
        let text = Text::from("a");
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""a""#);
        assert_eq!(serde_json::from_str::<Text>(r#""a""#).unwrap(), text);
    }
}
