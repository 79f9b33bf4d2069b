//! `heapdiff snapshot`: a snapshot of a living process, from outside.

use super::postmortem::{folder_of, unreadable};
use crate::arguments::{GlobalArguments, SnapshotArguments};
use crate::directory::reason;
use crate::failure::Failure;
use crate::output;
use crate::talk::Talk;
use heapdiff_region::{Fate, RegionFile, find_in_directory, find_of_process};
use std::path::{Path, PathBuf};

pub(super) fn run(arguments: &SnapshotArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let talk = Talk::new(global.quiet);
    let path = Path::new(&arguments.target);
    let files = match arguments.target.parse() {
        // A folder of that name is what was meant.
        Ok(pid) if !path.exists() => of_process(pid)?,
        _ if path.is_dir() => {
            find_in_directory(path).map_err(|error| Failure::unreadable(path, &reason(&error), None))?
        }
        _ => vec![path.to_owned()],
    };
    let mut written = Vec::new();
    for file in &files {
        let region = RegionFile::open(file).map_err(|error| unreadable(file, &error))?;
        if region.fate() != Fate::Live {
            let pid = region.facts().identity.pid;
            talk.note(&format!(
                "process {pid} does not record any more and is left out; `heapdiff postmortem` looks into a dead one"
            ));
            continue;
        }
        region.defects().iter().for_each(|defect| talk.warning(&defect.to_string()));
        let folder = folder_of(file);
        let taken = region.take_snapshot(folder).map_err(|error| {
            let message = format!("cannot write a snapshot to `{}`: {error}", folder.display());
            Failure::usage(message, "run it as the user that the process runs as")
        })?;
        written.push(taken.path);
    }
    if written.is_empty() {
        return Err(Failure::input(
            format!("no living process records in `{}`", arguments.target),
            "start one with `HEAPDIFF_DIR`, or name its process id",
        )
        .into());
    }
    output::print(|out| written.iter().try_for_each(|path| writeln!(out, "{}", path.display())))
}

fn of_process(pid: u32) -> Result<Vec<PathBuf>, Failure> {
    match find_of_process(pid) {
        Ok(files) if !files.is_empty() => Ok(files),
        Ok(_) => Err(Failure::input(
            format!("process {pid} keeps no black box"),
            "start it with `HEAPDIFF_DIR`, and without `HEAPDIFF_BLACK_BOX=off`",
        )),
        Err(error) => Err(Failure::input(
            match error.kind() {
                std::io::ErrorKind::NotFound => format!("no process {pid}"),
                _ => format!("cannot look into process {pid}: {}", reason(&error)),
            },
            "name a process of yours, or the folder that it records in",
        )),
    }
}
