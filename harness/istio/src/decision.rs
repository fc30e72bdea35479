//! The form of every answer: a value, and the rule that made it.

use crate::RuleId;

/// What was decided, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a decision that nobody reads decides nothing"]
pub struct Decision<T> {
    /// The answer.
    pub value: T,
    /// The rule that made it; its page says from what and by which source.
    pub because: RuleId,
}

impl<T> Decision<T> {
    /// A decision made by `because`.
    pub fn new(value: T, because: RuleId) -> Self {
        Self { value, because }
    }

    /// The same decision, seen as another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Decision<U> {
        Decision {
            value: f(self.value),
            because: self.because,
        }
    }
}
