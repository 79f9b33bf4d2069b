//! One comparison: inputs and flags, as random generation makes them and shrinking takes them apart.

use crate::proto::{self, Profile};
use prost::Message;
use std::fs;
use std::path::Path;

/// The file in the folder of a case that is standard input.
pub(crate) const INPUT: &str = "stdin";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) inputs: Vec<Input>,
    pub(crate) flags: Vec<String>,
    /// Source files for `-list`, by their paths.
    pub(crate) source_files: Vec<(String, String)>,
    /// What is typed into pprof's shell. None where there is a report on the command line.
    pub(crate) lines: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) role: Role,
    pub(crate) content: Content,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Source,
    Base,
    DiffBase,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Profile {
        profile: Box<Profile>,
        is_gzipped: bool,
    },
    /// A legacy format, or rubbish.
    Bytes(Vec<u8>),
    /// A file as it is.
    File(Vec<u8>),
    /// A file that is not there.
    Missing,
}

impl Case {
    /// The arguments, to be given in the folder of the case.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = self.flags.clone();
        let mut sources = Vec::new();
        for (index, input) in self.inputs.iter().enumerate() {
            let name = input.name(index);
            match input.role {
                Role::Source => sources.push(name),
                Role::Base => arguments.push(format!("-base={name}")),
                Role::DiffBase => arguments.push(format!("-diff_base={name}")),
            }
        }
        arguments.extend(sources);
        arguments
    }

    /// Writes what the run reads.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), String> {
        let fails = |error| format!("cannot write to {}: {error}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(fails)?;
        }
        fs::create_dir_all(folder).map_err(fails)?;
        for (index, input) in self.inputs.iter().enumerate() {
            if let Some(bytes) = input.content.bytes() {
                fs::write(folder.join(input.name(index)), bytes).map_err(fails)?;
            }
        }
        if !self.lines.is_empty() {
            let text: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
            fs::write(folder.join(INPUT), text).map_err(fails)?;
        }
        for (path, text) in &self.source_files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(fails)?;
            fs::write(path, text).map_err(fails)?;
        }
        Ok(())
    }
}

impl Input {
    pub(crate) fn profile(&self) -> Option<&Profile> {
        match &self.content {
            Content::Profile { profile, .. } => Some(profile),
            Content::Bytes(_) | Content::File(_) | Content::Missing => None,
        }
    }

    fn name(&self, index: usize) -> String {
        let role = match self.role {
            Role::Source => "source",
            Role::Base | Role::DiffBase => "base",
        };
        format!("{role}{index}.pb.gz")
    }
}

impl Content {
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Profile { profile, is_gzipped: true } => Some(profile.gzipped()),
            Self::Profile { profile, is_gzipped: false } => Some(profile.encode_to_vec()),
            Self::Bytes(bytes) => Some(proto::gunzip(bytes)),
            Self::File(bytes) => Some(bytes.clone()),
            Self::Missing => None,
        }
    }
}
