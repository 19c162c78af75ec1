/// One line under a card that says what its node does in the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    pub text: String,
    pub tone: Tone,
}

/// How loud a caption is; the theme gives it a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// What can be missed.
    #[default]
    Quiet,
    /// A result.
    Plain,
    Running,
    Waiting,
    Worker,
    Failed,
}
