//! What an engine does while a trial waits for it, in lines for people.

use std::sync::{Arc, Mutex, PoisonError};

use kind::{Event, progress};

/// Lines that nobody has read yet. Clones are the same lines.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    /// Adds a line.
    pub(crate) fn say(&self, line: String) {
        self.lines().push(line);
    }

    /// Takes what was added since.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines())
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A step of a bring-up that has ended.
pub(crate) fn line(event: &Event) -> String {
    let ended = event.began + event.took;
    format!(
        "{:>6.1} s  {}  {} ({:.1} s)",
        ended.as_secs_f64(),
        event.cluster,
        event.step,
        event.took.as_secs_f64()
    )
}

/// Which cluster was up last, and what took it so long; `None` if nothing was brought up.
pub(crate) fn longest_way(events: &[Event]) -> Option<String> {
    let steps = progress::critical_path(events);
    let last = &steps.last()?.cluster;
    let said = steps
        .iter()
        .map(|event| format!("{} {:.1} s", event.step, event.took.as_secs_f64()));
    let said = said.collect::<Vec<_>>().join(", ");
    Some(format!("the longest way was {last}'s: {said}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kind::Step;

    use super::*;

    #[test]
    fn a_step_is_told_with_when_it_ended_and_how_long_it_took() {
        let event = Event {
            cluster: "cluster1".parse().unwrap(),
            step: Step::Boot,
            began: Duration::from_millis(1200),
            took: Duration::from_millis(900),
        };
        assert_eq!(line(&event), "   2.1 s  cluster1  boot (0.9 s)");
        let way = longest_way(&[event]).unwrap();
        assert_eq!(way, "the longest way was cluster1's: boot 0.9 s");
        assert_eq!(longest_way(&[]), None);
    }

    #[test]
    fn a_line_is_taken_once() {
        let told = Told::default();
        told.clone().say("a".to_owned());
        assert_eq!(told.take(), ["a"]);
        assert!(told.take().is_empty());
    }
}
