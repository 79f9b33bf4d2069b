//! `heapdiff postmortem`: the snapshots that killed processes did not get to write.

use super::asked::words;
use super::calls::Calls;
use super::{ROWS_ON_A_SCREEN, refused, say_notes};
use crate::arguments::{Format, GlobalArguments, PostmortemArguments};
use crate::directory::reason;
use crate::failure::Failure;
use crate::input::{Comparison, Input};
use crate::output::{self, shell_word};
use crate::talk::Talk;
use heapdiff_profile::{
    DiffBy, DiffInputs, DiffOptions, DiffReport, GraphOptions, LastSeconds, MemoryFigures, MomentFigures,
    NamedProfile, Process, diff,
};
use heapdiff_region::{Fate, RegionFile, RegionFileError, Taken, find_in_directory};
use heapdiff_render::Side;
use heapdiff_render::json::{DeathJson, DiffJson, HeapJson, PostmortemJson, TopJson};
use heapdiff_render::text::{DiffText, HeapText, PostmortemText, TopText};
use heapdiff_snapshot::{Moment, snapshot_name, snapshot_sequence};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a process is given that may just be dying: the kernel takes its memory apart first.
const DYING_TIME_MAX: Duration = Duration::from_millis(500);

pub(super) fn run(arguments: &PostmortemArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let talk = Talk::new(global.quiet);
    let path = &arguments.path;
    let files = if path.is_dir() {
        find_in_directory(path).map_err(|error| Failure::unreadable(path, &reason(&error), None))?
    } else {
        vec![path.clone()]
    };
    let deaths = examine(&files, arguments.remove, global, talk)?;
    if deaths.is_empty() {
        return Err(Failure::input(
            format!("no process has died recording in `{}`", path.display()),
            "one that is killed leaves a `.region` file there, unless it ran with `HEAPDIFF_BLACK_BOX=off`",
        )
        .into());
    }
    if arguments.output.format == Format::Json {
        let json = PostmortemJson {
            processes: deaths.iter().map(|death| death.json(arguments.output.count.rows)).collect(),
        };
        return output::print(|out| json.write(out));
    }
    let options = output::text_options(arguments.output.count.shown(ROWS_ON_A_SCREEN), global);
    output::print(|out| {
        for (index, death) in deaths.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            death.write_text(&options, global, out)?;
        }
        Ok(())
    })
}

/// Looks into each region file, and says of which there is nothing to report.
fn examine(
    files: &[PathBuf],
    is_removed: bool,
    global: &GlobalArguments,
    talk: Talk,
) -> anyhow::Result<Vec<Death>> {
    let mut deaths = Vec::new();
    let mut failures = Vec::new();
    for file in files {
        let region = match open(file) {
            Ok(region) => region,
            Err(error) => {
                failures.push(unreadable(file, &error));
                continue;
            }
        };
        let pid = region.facts().identity.pid;
        match region.fate() {
            Fate::Died => deaths.push(Death::of(region, is_removed, global, talk)?),
            Fate::Live => talk.note(&format!(
                "process {pid} (`{}`) is alive and left out; `heapdiff snapshot {pid}` takes a snapshot of it",
                region.facts().identity.program
            )),
            Fate::Ended => {
                talk.note(&format!("process {pid} ended as it should, and its last snapshot says all"));
            }
        }
    }
    let mut failures = failures.into_iter();
    if deaths.is_empty()
        && let Some(failure) = failures.next()
    {
        return Err(failure.into());
    }
    failures.for_each(|failure| talk.warning(&format!("left out: {failure}")));
    Ok(deaths)
}

/// Says of which processes in a folder the last snapshot is still to be written.
pub(super) fn note_deaths(folder: &Path, talk: Talk) {
    for file in find_in_directory(folder).unwrap_or_default() {
        // Whatever is wrong with a region is for `postmortem` to say.
        let Ok(region) = RegionFile::open(&file) else { continue };
        let is_written = |name: String| folder.join(name).exists();
        if region.fate() == Fate::Died && !region.last_snapshot_name().is_some_and(is_written) {
            let process = &region.facts().identity;
            talk.note(&format!(
                "process {} (`{}`) died before its last snapshot: `heapdiff postmortem {}` writes it",
                process.pid,
                process.program,
                shell_word(&folder.display().to_string())
            ));
        }
    }
}

/// Opens a region file. A process that was just killed takes a moment to let go of its file.
fn open(file: &Path) -> Result<RegionFile, RegionFileError> {
    let until = Instant::now() + DYING_TIME_MAX;
    loop {
        let region = RegionFile::open(file)?;
        if region.fate() != Fate::Live || Instant::now() >= until {
            return Ok(region);
        }
        std::thread::sleep(DYING_TIME_MAX / 10);
    }
}

pub(super) fn unreadable(path: &Path, error: &RegionFileError) -> Failure {
    let hint = "name a folder with snapshots, or the `.region` file of a process".to_owned();
    let text = match error {
        RegionFileError::Io(error) => reason(error),
        other => other.to_string(),
    };
    Failure::unreadable(path, &text, Some(hint))
}

/// A process that died, and all that is reported of it.
struct Death {
    region: String,
    is_removed: bool,
    moments: Vec<MomentFigures>,
    last: LastSeconds,
    taken: Taken,
    snapshot: String,
    process: Process,
    heap: Heap,
    notes: Vec<String>,
}

/// What is alive in the last snapshot.
enum Heap {
    Since { base: Side, head: Side, report: Box<DiffReport> },
    All(Box<Calls>),
}

impl Death {
    /// Writes the snapshot, and reads it as any other.
    fn of(file: RegionFile, is_removed: bool, global: &GlobalArguments, talk: Talk) -> anyhow::Result<Self> {
        let mut notes: Vec<String> = file.defects().iter().map(ToString::to_string).collect();
        if is_of_another_boot(&file.facts().identity.boot_id) {
            notes.push(
                "the machine was started again since: what had not reached the disk by then is missing"
                    .to_owned(),
            );
        }
        notes.iter().for_each(|note| talk.warning(note));
        let moments: Vec<MomentFigures> = file.moments().iter().map(figures).collect();
        let folder = folder_of(file.path()).to_owned();
        let taken = file.take_snapshot(&folder).map_err(|error| {
            let message = format!("cannot write a snapshot to `{}`: {error}", folder.display());
            Failure::usage(message, "copy the `.region` file to a folder that can be written to")
        })?;
        let before = last_written(&folder, &file.facts().file_prefix, taken.sequence);
        let (profile, heap) = read_heap(&taken.path, before, global, talk)?;
        let region = file.path().to_owned();
        drop(file);
        if is_removed {
            fs::remove_file(&region).map_err(|error| {
                let message = format!("cannot remove `{}`: {}", region.display(), reason(&error));
                Failure::usage(message, "the snapshot is written all the same")
            })?;
        }
        Ok(Self {
            region: region.display().to_string(),
            is_removed,
            last: LastSeconds::of(&moments),
            moments,
            snapshot: taken.path.display().to_string(),
            taken,
            process: profile.profile.metadata.map(|metadata| metadata.process).unwrap_or_default(),
            heap,
            notes,
        })
    }

    fn json(&self, rows_max: Option<usize>) -> DeathJson<'_> {
        DeathJson {
            process: &self.process,
            region: &self.region,
            is_removed: self.is_removed,
            moments: &self.moments,
            last: &self.last,
            snapshot: &self.snapshot,
            sequence: self.taken.sequence,
            heap: match &self.heap {
                Heap::Since { base, head, report } => {
                    HeapJson::Since(DiffJson { report, base, head, rows_max })
                }
                Heap::All(calls) => HeapJson::All(TopJson { view: calls.view(), rows_max }),
            },
            notes: &self.notes,
        }
    }

    fn write_text(
        &self,
        options: &heapdiff_render::text::TextOptions,
        global: &GlobalArguments,
        out: &mut dyn std::io::Write,
    ) -> std::io::Result<()> {
        let heap = match &self.heap {
            Heap::Since { base, head, report } => HeapText::Since(DiffText { report, base, head }),
            Heap::All(calls) => HeapText::All(TopText { view: calls.view() }),
        };
        let next = self.next_commands(&words(&global.typed()));
        let text = PostmortemText {
            process: &self.process,
            last: &self.last,
            snapshot: &self.snapshot,
            heap,
            next: &next,
        };
        text.write(options, out)
    }

    fn next_commands(&self, options: &str) -> Vec<(String, &'static str)> {
        let folder = folder_of(&self.taken.path);
        let key = self
            .taken
            .path
            .file_name()
            .and_then(|name| name.to_str()?.rsplit_once('-'))
            .map(|(key, _)| format!(" --process {}", shell_word(key)))
            .unwrap_or_default();
        let whole = format!("heapdiff {}{key}{options}", shell_word(&folder.display().to_string()));
        let last = shell_word(&self.snapshot);
        match &self.heap {
            Heap::Since { base, .. } => {
                let base = shell_word(&base.name);
                vec![
                    (whole, "what grew since recording began"),
                    (format!("heapdiff diff {base} {last}{options}"), "every stack of the last interval"),
                ]
            }
            Heap::All { .. } => vec![
                (format!("heapdiff top {last}{options} --cum"), "what is alive, with all that it called"),
                (format!("heapdiff flamegraph {last}{options} -o heap.svg"), "the same as a picture"),
            ],
        }
    }
}

/// Reads what is alive, against the last snapshot that the process wrote if there is one that can be read.
fn read_heap(
    head: &Path,
    base: Option<PathBuf>,
    global: &GlobalArguments,
    talk: Talk,
) -> anyhow::Result<(NamedProfile, Heap)> {
    let input = Input::new(global, None);
    if let Some(base) = base {
        match input.comparison(&[], &[base, head.to_owned()], false) {
            Ok(Comparison { base: Some(base), head }) => {
                let inputs = DiffInputs { base: &base.profile, head: &head.profile };
                let options = DiffOptions { by: DiffBy::Function, ..DiffOptions::default() };
                let report = diff(inputs, &options).map_err(refused)?;
                say_notes(&report.notes, talk);
                let sides = [&base, &head].map(|side| Side::of(&side.name, &side.profile));
                let [base, head_side] = sides;
                return Ok((head, Heap::Since { base, head: head_side, report: Box::new(report) }));
            }
            Ok(_) => {}
            Err(failure) => talk.warning(&format!("snapshot left out: {failure}")),
        }
    }
    let profile = input.one(head)?;
    let calls = Calls::of(None, &profile, &GraphOptions::default())?;
    say_notes(&calls.graph().notes, talk);
    Ok((profile, Heap::All(Box::new(calls))))
}

/// The newest snapshot of the process before `sequence`.
fn last_written(folder: &Path, prefix: &str, sequence: u32) -> Option<PathBuf> {
    let names = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let earlier = names.filter_map(|name| snapshot_sequence(prefix, &name)).filter(|n| *n < sequence);
    Some(folder.join(snapshot_name(prefix, earlier.max()?)))
}

fn figures(moment: &Moment) -> MomentFigures {
    let heap = moment.heap;
    MomentFigures {
        time_nanos: moment.time_nanos,
        recording_nanos: moment.recording_nanos,
        memory: MemoryFigures {
            rss: moment.memory.rss,
            cgroup_current: moment.memory.cgroup_current,
            cgroup_max: moment.memory.cgroup_max,
            host_total: moment.memory.host_total,
            host_available: moment.memory.host_available,
        },
        live_bytes: heap.live_bytes.or_else(|| Some(moment.allocator?.allocated)),
        allocated_bytes: heap.allocated_bytes,
    }
}

pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether this machine runs since later than that. On another machine nothing can be said.
fn is_of_another_boot(boot_id: &str) -> bool {
    let now = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    !boot_id.is_empty() && !now.is_empty() && now.trim() != boot_id
}
