use super::view::View;
use crate::event::Recorded;

impl View {
    /// Folds the next event. Never panics: an event that does not fit what came before changes what it can.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.n_events += 1;
        self.at = self.at.max(recorded.at);
    }
}
