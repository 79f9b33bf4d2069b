//! Building the programs, and finding them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Program {
    pub(crate) package: &'static str,
    pub(crate) bin: &'static str,
    /// The feature of its package without which it does not build.
    pub(crate) feature: Option<&'static str>,
}

/// How all programs are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Build {
    /// A plain release build.
    Release,
    /// Fat LTO, one codegen unit.
    Lto,
    /// A release build with frame pointers.
    Fp,
}

impl Build {
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Lto => "fat LTO, one codegen unit",
            Self::Fp => "release with frame pointers",
        }
    }

    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Lto => "lto",
            Self::Fp => "fp",
        }
    }

    const fn profile(self) -> &'static str {
        match self {
            Self::Release | Self::Fp => "release",
            Self::Lto => "lto",
        }
    }
}

/// What one run of cargo makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Artifact {
    profile: &'static str,
    has_frame_pointers: bool,
    program: Program,
}

/// All programs that were built, and why the others were not.
#[derive(Debug)]
pub(crate) struct Programs {
    workspace: PathBuf,
    target: PathBuf,
    built: BTreeMap<Artifact, Result<(), String>>,
}

impl Programs {
    /// Of the workspace in this folder, built into that one.
    pub(crate) fn new(workspace: PathBuf, target: PathBuf) -> Self {
        Self { workspace, target, built: BTreeMap::new() }
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// The program's file, built if it was not. The error says why there is none, on one line.
    pub(crate) fn file(
        &mut self,
        program: Program,
        build: Build,
        has_frame_pointers: bool,
    ) -> Result<PathBuf, String> {
        let has_frame_pointers = has_frame_pointers || build == Build::Fp;
        let artifact = Artifact { profile: build.profile(), has_frame_pointers, program };
        let folder = if has_frame_pointers { self.target.join("fp") } else { self.target.clone() };
        if !self.built.contains_key(&artifact) {
            eprintln!(
                "bench-overhead: building {} ({})",
                program.bin,
                folder.join(artifact.profile).display()
            );
            let result = self.cargo(&artifact, &folder);
            self.built.insert(artifact, result);
        }
        self.built[&artifact].clone()?;
        Ok(folder.join(artifact.profile).join(program.bin))
    }

    fn cargo(&self, artifact: &Artifact, folder: &Path) -> Result<(), String> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--quiet", "--ignore-rust-version", "--profile", artifact.profile])
            .args(["-p", artifact.program.package, "--bin", artifact.program.bin])
            .arg("--manifest-path")
            .arg(self.workspace.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(folder)
            .env_remove("RUSTFLAGS");
        if let Some(feature) = artifact.program.feature {
            cargo.args(["--features", feature]);
        }
        if artifact.has_frame_pointers {
            cargo.env("RUSTFLAGS", "-C force-frame-pointers=yes");
        }
        let output = cargo.output().map_err(|error| format!("cargo does not start: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let error = text.lines().find(|line| line.starts_with("error"));
        Err(format!("does not build: {}", error.unwrap_or("cargo says nothing")))
    }
}
