use super::command::Command;

/// A message that stands in a corner for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// For [`Command::DismissToast`].
    pub id: u64,
    pub tone: Tone,
    /// Says what happened and what to do.
    pub text: String,
    /// Something that may help, as a button.
    pub action: Option<Command>,
    pub(super) left_secs: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Info,
    /// Stays until it is dismissed.
    Error,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Toasts {
    list: Vec<Toast>,
    next_id: u64,
}

impl Toasts {
    const INFO_SECS: f32 = 4.0;
    const MAX: usize = 5;

    pub(super) fn push(&mut self, tone: Tone, text: impl Into<String>, action: Option<Command>) {
        let text = text.into();
        self.list.retain(|toast| toast.text != text);
        if self.list.len() == Self::MAX {
            self.list.remove(0);
        }
        self.list.push(Toast { id: self.next_id, tone, text, action, left_secs: Self::INFO_SECS });
        self.next_id += 1;
    }

    pub(super) fn list(&self) -> &[Toast] {
        &self.list
    }

    pub(super) fn dismiss(&mut self, id: u64) {
        self.list.retain(|toast| toast.id != id);
    }

    /// Whether one is still counting down.
    pub(super) fn tick(&mut self, dt_secs: f32) -> bool {
        for toast in &mut self.list {
            toast.left_secs -= dt_secs;
        }
        self.list.retain(|toast| toast.tone == Tone::Error || toast.left_secs > 0.0);
        self.list.iter().any(|toast| toast.tone == Tone::Info)
    }
}
