use crate::scene::{Kind, StateKind};

/// The icons, drawn by us: strokes on a grid of 24 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    Snap,
    Call,
    FanOut,
    FanIn,
    Signal,
    Worker,
    Pass,
    Tick,
    Cross,
    Hourglass,
    Play,
    Pause,
    ToStart,
    ToEnd,
    Back,
    Forward,
    Right,
    Down,
    Up,
    Plus,
    Minus,
    New,
    Open,
    Save,
    Undo,
    Redo,
    Look,
    Warning,
    Bin,
    Stop,
    Fit,
    History,
    Tree,
    Frame,
    Menu,
    Backwards,
    /// A seam where something is cut out.
    Cut,
    /// A chain of steps.
    Path,
    NextError,
    PreviousError,
}

type Point = [f32; 2];

/// A stroke or a fill, on a grid of 24 units.
pub enum Mark {
    Line(&'static [Point]),
    Fill(&'static [Point]),
    Ring(f32, f32, f32),
    Dot(f32, f32, f32),
    Curve([Point; 4]),
    /// x, y, width, height, corner
    Box(f32, f32, f32, f32, u8),
}

use Mark::{Box, Curve, Dot, Fill, Line, Ring};

impl Icon {
    pub const fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Snap => Self::Snap,
            Kind::Call => Self::Call,
            Kind::FanOut => Self::FanOut,
            Kind::FanIn => Self::FanIn,
            Kind::WaitForSignal => Self::Signal,
            Kind::WaitForWorker => Self::Worker,
            Kind::Pass => Self::Pass,
        }
    }

    /// The sign of a state beside its colour. One that works has a ring that turns, one that is idle nothing.
    pub const fn of_state(state: StateKind) -> Option<Self> {
        match state {
            StateKind::Idle | StateKind::Arrived | StateKind::Running => None,
            StateKind::BackingOff
            | StateKind::WaitingForSignal
            | StateKind::WaitingForWorker
            | StateKind::WaitingForOthers => Some(Self::Hourglass),
            StateKind::Done => Some(Self::Tick),
            StateKind::Failed | StateKind::Lost => Some(Self::Cross),
            StateKind::Cancelled => Some(Self::Stop),
            StateKind::Missed => Some(Self::Warning),
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table")]
    pub const fn marks(self) -> &'static [Mark] {
        match self {
            Self::Snap => &[Ring(12.0, 12.0, 8.5), Fill(&[[10.0, 8.5], [15.5, 12.0], [10.0, 15.5]])],
            Self::Call => &[
                Box(3.5, 5.0, 17.0, 14.0, 3),
                Line(&[[7.5, 12.0], [16.0, 12.0]]),
                Line(&[[12.8, 8.8], [16.0, 12.0], [12.8, 15.2]]),
            ],
            Self::FanOut => &[
                Line(&[[3.0, 12.0], [20.5, 12.0]]),
                Curve([[7.0, 12.0], [13.0, 12.0], [12.0, 5.5], [20.5, 5.5]]),
                Curve([[7.0, 12.0], [13.0, 12.0], [12.0, 18.5], [20.5, 18.5]]),
            ],
            Self::FanIn => &[
                Line(&[[3.5, 12.0], [21.0, 12.0]]),
                Curve([[17.0, 12.0], [11.0, 12.0], [12.0, 5.5], [3.5, 5.5]]),
                Curve([[17.0, 12.0], [11.0, 12.0], [12.0, 18.5], [3.5, 18.5]]),
            ],
            Self::Signal => &[Line(&[[6.0, 3.5], [6.0, 21.0]]), Line(&[[6.0, 4.5], [19.0, 8.8], [6.0, 13.0]])],
            Self::Worker => &[
                Ring(12.0, 8.0, 4.2),
                Curve([[4.5, 20.5], [5.0, 13.2], [19.0, 13.2], [19.5, 20.5]]),
                Line(&[[4.5, 20.5], [19.5, 20.5]]),
            ],
            Self::Pass => &[
                Curve([[3.5, 19.0], [6.0, 10.0], [11.0, 6.5], [19.5, 7.5]]),
                Line(&[[14.8, 3.2], [20.2, 7.6], [15.4, 12.4]]),
            ],
            Self::Tick => &[Line(&[[4.0, 12.8], [9.6, 18.2], [20.0, 6.2]])],
            Self::Cross => &[Line(&[[6.0, 6.0], [18.0, 18.0]]), Line(&[[18.0, 6.0], [6.0, 18.0]])],
            Self::Hourglass => &[
                Line(&[[6.0, 3.5], [18.0, 3.5]]),
                Line(&[[6.0, 20.5], [18.0, 20.5]]),
                Line(&[[7.5, 3.5], [7.5, 7.0], [16.5, 17.0], [16.5, 20.5]]),
                Line(&[[16.5, 3.5], [16.5, 7.0], [7.5, 17.0], [7.5, 20.5]]),
            ],
            Self::Play => &[Fill(&[[7.0, 4.5], [19.5, 12.0], [7.0, 19.5]])],
            Self::Pause => &[
                Fill(&[[6.5, 5.0], [10.0, 5.0], [10.0, 19.0], [6.5, 19.0]]),
                Fill(&[[14.0, 5.0], [17.5, 5.0], [17.5, 19.0], [14.0, 19.0]]),
            ],
            Self::ToStart => &[
                Fill(&[[4.5, 5.0], [6.8, 5.0], [6.8, 19.0], [4.5, 19.0]]),
                Fill(&[[19.0, 5.0], [19.0, 19.0], [8.5, 12.0]]),
            ],
            Self::ToEnd => &[
                Fill(&[[17.2, 5.0], [19.5, 5.0], [19.5, 19.0], [17.2, 19.0]]),
                Fill(&[[5.0, 5.0], [15.5, 12.0], [5.0, 19.0]]),
            ],
            Self::Back => &[Fill(&[[17.0, 5.0], [17.0, 19.0], [6.5, 12.0]])],
            Self::Forward => &[Fill(&[[7.0, 5.0], [17.5, 12.0], [7.0, 19.0]])],
            Self::Right => &[Line(&[[9.0, 5.5], [15.5, 12.0], [9.0, 18.5]])],
            Self::Up => &[Line(&[[5.5, 15.0], [12.0, 8.5], [18.5, 15.0]])],
            Self::Down => &[Line(&[[5.5, 9.0], [12.0, 15.5], [18.5, 9.0]])],
            Self::Menu => &[
                Line(&[[4.0, 6.5], [20.0, 6.5]]),
                Line(&[[4.0, 12.0], [20.0, 12.0]]),
                Line(&[[4.0, 17.5], [20.0, 17.5]]),
            ],
            Self::Plus => &[Line(&[[12.0, 5.0], [12.0, 19.0]]), Line(&[[5.0, 12.0], [19.0, 12.0]])],
            Self::Minus => &[Line(&[[5.0, 12.0], [19.0, 12.0]])],
            Self::New => &[Line(&[
                [13.5, 3.5],
                [6.0, 3.5],
                [6.0, 20.5],
                [18.5, 20.5],
                [18.5, 8.5],
                [13.5, 3.5],
                [13.5, 8.5],
                [18.5, 8.5],
            ])],
            Self::Open => &[
                Line(&[[3.5, 18.5], [3.5, 5.5], [9.5, 5.5], [11.5, 8.0], [19.0, 8.0], [19.0, 10.5]]),
                Line(&[[3.5, 18.5], [6.5, 10.5], [21.5, 10.5], [18.5, 18.5], [3.5, 18.5]]),
            ],
            Self::Save => &[
                Line(&[[4.0, 4.0], [16.0, 4.0], [20.0, 8.0], [20.0, 20.0], [4.0, 20.0], [4.0, 4.0]]),
                Line(&[[8.0, 4.0], [8.0, 9.0], [15.0, 9.0], [15.0, 4.0]]),
                Line(&[[7.5, 20.0], [7.5, 13.5], [16.5, 13.5], [16.5, 20.0]]),
            ],
            Self::Undo => &[
                Line(&[[8.0, 4.5], [3.5, 9.0], [8.0, 13.5]]),
                Line(&[[3.5, 9.0], [14.0, 9.0]]),
                Curve([[14.0, 9.0], [22.0, 9.0], [22.0, 19.5], [14.0, 19.5]]),
                Line(&[[14.0, 19.5], [9.0, 19.5]]),
            ],
            Self::Redo => &[
                Line(&[[16.0, 4.5], [20.5, 9.0], [16.0, 13.5]]),
                Line(&[[20.5, 9.0], [10.0, 9.0]]),
                Curve([[10.0, 9.0], [2.0, 9.0], [2.0, 19.5], [10.0, 19.5]]),
                Line(&[[10.0, 19.5], [15.0, 19.5]]),
            ],
            Self::Look => &[
                Ring(12.0, 12.0, 8.5),
                Fill(&[
                    [12.0, 3.5],
                    [15.3, 4.2],
                    [18.0, 6.0],
                    [19.8, 8.7],
                    [20.5, 12.0],
                    [19.8, 15.3],
                    [18.0, 18.0],
                    [15.3, 19.8],
                    [12.0, 20.5],
                ]),
            ],
            Self::Warning => &[
                Line(&[[12.0, 3.8], [21.5, 20.0], [2.5, 20.0], [12.0, 3.8], [21.5, 20.0]]),
                Line(&[[12.0, 9.5], [12.0, 14.0]]),
                Dot(12.0, 17.0, 1.2),
            ],
            Self::Bin => &[
                Line(&[[4.0, 6.5], [20.0, 6.5]]),
                Line(&[[6.0, 6.5], [7.0, 20.5], [17.0, 20.5], [18.0, 6.5]]),
                Line(&[[9.0, 6.5], [9.0, 3.5], [15.0, 3.5], [15.0, 6.5]]),
            ],
            Self::Stop => &[Fill(&[[6.0, 6.0], [18.0, 6.0], [18.0, 18.0], [6.0, 18.0]])],
            Self::Fit => &[
                Line(&[[3.5, 9.0], [3.5, 3.5], [9.0, 3.5]]),
                Line(&[[15.0, 3.5], [20.5, 3.5], [20.5, 9.0]]),
                Line(&[[20.5, 15.0], [20.5, 20.5], [15.0, 20.5]]),
                Line(&[[9.0, 20.5], [3.5, 20.5], [3.5, 15.0]]),
            ],
            Self::History => &[Ring(12.0, 12.0, 8.5), Line(&[[12.0, 7.0], [12.0, 12.5], [15.8, 14.5]])],
            Self::Backwards => &[Ring(12.0, 12.0, 9.5), Fill(&[[15.0, 7.0], [15.0, 17.0], [7.0, 12.0]])],
            Self::Cut => &[
                Line(&[[2.5, 12.0], [8.0, 12.0]]),
                Line(&[[16.0, 12.0], [21.5, 12.0]]),
                Line(&[[11.5, 3.5], [8.5, 9.0], [12.5, 15.0], [9.5, 20.5]]),
                Line(&[[15.5, 3.5], [12.5, 9.0], [16.5, 15.0], [13.5, 20.5]]),
            ],
            Self::Path => &[
                Line(&[[3.0, 5.5], [10.0, 5.5], [10.0, 12.0], [16.5, 12.0], [16.5, 18.5], [21.0, 18.5]]),
                Dot(3.5, 5.5, 2.0),
                Dot(20.5, 18.5, 2.0),
            ],
            Self::NextError => &[
                Line(&[[8.5, 4.5], [16.0, 19.0], [1.5, 19.0], [8.5, 4.5], [16.0, 19.0]]),
                Line(&[[8.6, 9.5], [8.6, 14.0]]),
                Line(&[[16.5, 5.0], [21.5, 9.0], [16.5, 13.0]]),
            ],
            Self::PreviousError => &[
                Line(&[[15.5, 4.5], [22.5, 19.0], [8.0, 19.0], [15.5, 4.5], [22.5, 19.0]]),
                Line(&[[15.4, 9.5], [15.4, 14.0]]),
                Line(&[[7.5, 5.0], [2.5, 9.0], [7.5, 13.0]]),
            ],
            Self::Frame => &[Box(3.5, 5.5, 17.0, 14.5, 2), Line(&[[3.5, 10.0], [12.5, 10.0], [12.5, 5.5]])],
            Self::Tree => &[
                Box(3.5, 8.5, 6.5, 6.5, 1),
                Box(14.0, 3.5, 6.5, 6.5, 1),
                Box(14.0, 14.0, 6.5, 6.5, 1),
                Line(&[[10.0, 11.5], [12.0, 11.5], [12.0, 6.8], [14.0, 6.8]]),
                Line(&[[12.0, 11.5], [12.0, 17.2], [14.0, 17.2]]),
            ],
        }
    }
}
