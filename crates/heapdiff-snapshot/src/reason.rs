//! Why a snapshot was taken.

/// What made somebody take a snapshot. Readers need it: what a program frees as it ends is no news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was time.
    Interval,
    /// The program asked.
    Request,
    /// A signal asked.
    Signal,
    /// Recording was switched off: the program dropped its profiler, at its end or long before.
    Stop,
    /// The process was ending.
    Exit,
    /// Another process took it from the tables of one that goes on.
    Outside,
    /// It was taken from the tables of a process that had died.
    Death,
}

impl Reason {
    /// The word for it in the snapshot.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Interval => "interval",
            Self::Request => "request",
            Self::Signal => "signal",
            Self::Stop => "stop",
            Self::Exit => "exit",
            Self::Outside => "outside",
            Self::Death => "death",
        }
    }
}
