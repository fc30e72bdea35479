//! Answers kept until something they depend on changes.

use std::{collections::BTreeMap, sync::Arc};

use crate::endpoint::{Endpoint, Selection};

/// Answers by what was asked, each with the state it was given in.
///
/// `K` names the question: the client, the host, the port and the subset. The state is a number
/// that the caller raises when anything else that the answer depends on changes; changes of the
/// endpoints are noticed here.
#[derive(Debug, Clone)]
pub struct Cache<K> {
    answers: BTreeMap<K, Answer>,
}

#[derive(Debug, Clone)]
struct Answer {
    endpoints: Arc<[Endpoint]>,
    state: u64,
    selection: Arc<Selection>,
}

impl<K> Default for Cache<K> {
    fn default() -> Self {
        Self {
            answers: BTreeMap::new(),
        }
    }
}

impl<K: Ord> Cache<K> {
    /// The answer to `question`, given again if neither `endpoints` nor `state` changed, or else
    /// made by `answer`.
    pub fn get_or(
        &mut self,
        question: K,
        endpoints: &Arc<[Endpoint]>,
        state: u64,
        answer: impl FnOnce(&[Endpoint]) -> Selection,
    ) -> Arc<Selection> {
        if let Some(known) = self.answers.get(&question)
            && known.state == state
            && Arc::ptr_eq(&known.endpoints, endpoints)
        {
            return known.selection.clone();
        }
        let selection = Arc::new(answer(endpoints));
        let fresh = Answer {
            endpoints: endpoints.clone(),
            state,
            selection: selection.clone(),
        };
        self.answers.insert(question, fresh);
        selection
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locality::rules;

    fn empty() -> Selection {
        Selection {
            groups: Vec::new(),
            left_out: Vec::new(),
            ordered_by: rules::NO_SETTING,
        }
    }

    #[test]
    fn an_answer_is_given_again_until_something_changes() {
        let mut cache = Cache::default();
        let endpoints: Arc<[Endpoint]> = Vec::new().into();
        let mut asked = 0;
        let mut ask = |question, endpoints: &Arc<[Endpoint]>, state| {
            let answer = |_: &[Endpoint]| {
                asked += 1;
                empty()
            };
            cache.get_or(question, endpoints, state, answer);
            asked
        };
        assert_eq!(ask("a", &endpoints, 1), 1);
        assert_eq!(ask("a", &endpoints, 1), 1);
        assert_eq!(ask("b", &endpoints, 1), 2);
        assert_eq!(ask("a", &endpoints, 2), 3);
        assert_eq!(ask("a", &endpoints, 2), 3);
    }
}
