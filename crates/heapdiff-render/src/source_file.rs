//! The source of a function, as far as it was found.

/// What is known of a source file that a listing is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceFile {
    /// It was found.
    Found {
        /// Where.
        path: String,
        /// All of it.
        text: String,
        /// Whether it was changed after the profile was taken.
        is_newer: bool,
    },
    /// It was not.
    Missing {
        /// Where it was looked for.
        looked_for: Vec<String>,
    },
    /// It was found and could not be read.
    Unreadable {
        /// Where.
        path: String,
        /// Why not.
        reason: String,
    },
    /// The profile does not say in which file the function is.
    Unknown,
}

impl SourceFile {
    /// Where it is; `None` if it was not found.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Found { path, .. } | Self::Unreadable { path, .. } => Some(path),
            Self::Missing { .. } | Self::Unknown => None,
        }
    }

    /// Its lines; none if it was not read.
    #[must_use]
    pub fn lines(&self) -> Vec<&str> {
        match self {
            Self::Found { text, .. } => text.lines().collect(),
            _ => Vec::new(),
        }
    }

    /// What keeps the lines from being those that the program was built from, where `last_line` is the last that the
    /// profile names. `None` if nothing is known to.
    #[must_use]
    pub fn remark(&self, last_line: i64) -> Option<String> {
        let count = i64::try_from(self.lines().len()).unwrap_or(i64::MAX);
        match self {
            Self::Unknown => {
                Some("the profile does not name its source file: build with debug information".to_owned())
            }
            Self::Missing { looked_for } => {
                let paths: Vec<String> = looked_for.iter().map(|path| format!("`{path}`")).collect();
                Some(format!(
                    "source not found, looked for {}: name its folder with `--source-root`",
                    paths.join(", ")
                ))
            }
            Self::Unreadable { path, reason } => Some(format!("cannot read `{path}`: {reason}")),
            Self::Found { path, .. } if last_line > count => Some(format!(
                "`{path}` has {count} lines, the profile names line {last_line}: not what the program was built from"
            )),
            Self::Found { path, is_newer: true, .. } => {
                Some(format!("`{path}` was changed after the profile was taken: lines may have moved"))
            }
            Self::Found { .. } => None,
        }
    }
}
