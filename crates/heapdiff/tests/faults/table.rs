//! Which call fails how, and what heapdiff must make of it.

use crate::injection::{Call, Outcome};

/// When the call begins to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before recording begins.
    Start,
    /// While it records.
    Recording,
}

/// What must follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// None: recording begins, and snapshots are written and say the truth.
    None,
    /// Recording does not begin, which the error says; as soon as the call works again, it does.
    NoRecording,
    /// Recording does not begin, or it does with less, which is counted.
    Less,
    /// Snapshots are not written, which is counted and said once; as soon as the call works again, they are.
    NoSnapshots,
}

/// A row: these calls, at this moment, with each of these outcomes.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) moment: Moment,
    pub(crate) is_meant: fn(&Call) -> bool,
    pub(crate) outcomes: &'static [Outcome],
    pub(crate) effect: Effect,
    /// Whether such a call must be made, or this row proves nothing.
    pub(crate) must_happen: bool,
}

const fn fails<const N: usize>(errnos: [i32; N]) -> [Outcome; N] {
    let mut outcomes = [Outcome::Halves; N];
    let mut index = 0;
    while index < N {
        outcomes[index] = Outcome::Fails(errnos[index]);
        index += 1;
    }
    outcomes
}

/// What a full, broken, read-only or forbidden disk says.
const DISK: &[Outcome] =
    &fails([libc::ENOSPC, libc::EDQUOT, libc::EIO, libc::EROFS, libc::EACCES, libc::EMFILE, libc::ENOENT]);
const WRITE: &[Outcome] = &fails([libc::ENOSPC, libc::EDQUOT, libc::EIO, libc::EFBIG]);
const MEMORY: &[Outcome] = &fails([libc::ENOMEM, libc::EPERM]);
const UNREADABLE: &[Outcome] = &fails([libc::EACCES, libc::ENOENT, libc::EMFILE, libc::EIO]);
const PASSING: &[Outcome] = &[Outcome::FailsAtFirst(libc::EINTR), Outcome::Halves];
const INTERRUPTED: &[Outcome] = &[Outcome::FailsAtFirst(libc::EINTR)];

pub(crate) static SITES: &[Site] = &[
    Site {
        name: "address_space_is_not_reserved",
        moment: Moment::Start,
        is_meant: |call| is_map(call, 16 << 20) && protection(call) == libc::PROT_NONE as u64,
        outcomes: MEMORY,
        effect: Effect::Less,
        must_happen: true,
    },
    Site {
        name: "tables_are_not_mapped",
        moment: Moment::Start,
        // The smallest tables take 21 MiB, and the program asks for less at a time.
        is_meant: |call| is_map(call, 16 << 20) && protection(call) != libc::PROT_NONE as u64,
        outcomes: MEMORY,
        effect: Effect::Less,
        must_happen: true,
    },
    Site {
        name: "large_tables_are_not_mapped",
        moment: Moment::Start,
        is_meant: |call| is_map(call, 256 << 20) && protection(call) != libc::PROT_NONE as u64,
        outcomes: MEMORY,
        effect: Effect::Less,
        must_happen: true,
    },
    Site {
        name: "the_directory_is_not_made",
        moment: Moment::Start,
        is_meant: is_make_directory,
        outcomes: &fails([libc::ENOSPC, libc::EROFS, libc::EACCES, libc::EIO]),
        effect: Effect::NoRecording,
        must_happen: true,
    },
    Site {
        name: "no_file_is_made",
        moment: Moment::Start,
        is_meant: is_create,
        outcomes: DISK,
        effect: Effect::NoRecording,
        must_happen: true,
    },
    Site {
        name: "making_a_file_is_interrupted",
        moment: Moment::Start,
        is_meant: is_create,
        outcomes: INTERRUPTED,
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "no_thread_starts",
        moment: Moment::Start,
        is_meant: |call| [libc::SYS_clone, libc::SYS_clone3].contains(&call.number),
        outcomes: &fails([libc::EAGAIN, libc::ENOMEM]),
        effect: Effect::NoRecording,
        must_happen: true,
    },
    Site {
        name: "proc_is_unreadable_from_the_start",
        moment: Moment::Start,
        is_meant: |call| is_open(call) && call.path(1).starts_with(b"/proc"),
        outcomes: UNREADABLE,
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "nothing_under_dev_and_sys_is_readable",
        moment: Moment::Start,
        is_meant: |call| {
            is_open(call) && (call.path(1).starts_with(b"/dev") || call.path(1).starts_with(b"/sys"))
        },
        outcomes: UNREADABLE,
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "a_file_gets_no_room_at_the_start",
        moment: Moment::Start,
        is_meant: |call| [libc::SYS_fallocate, libc::SYS_ftruncate].contains(&call.number),
        outcomes: &fails([libc::ENOSPC, libc::EIO, libc::EOPNOTSUPP]),
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "the_black_box_is_not_mapped",
        moment: Moment::Start,
        is_meant: |call| is_map(call, 16 << 20) && call.arguments[3] & libc::MAP_SHARED as u64 != 0,
        outcomes: MEMORY,
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "the_black_box_gets_no_name",
        moment: Moment::Start,
        is_meant: |call| is_rename(call) && renames_to(call, b".region"),
        outcomes: &fails([libc::ENOSPC, libc::EIO, libc::EROFS, libc::EACCES]),
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "the_black_box_is_not_made",
        moment: Moment::Start,
        is_meant: |call| is_create(call) && call.path(1).ends_with(b".region"),
        outcomes: DISK,
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "advice_is_refused",
        moment: Moment::Start,
        is_meant: |call| call.number == libc::SYS_madvise,
        outcomes: &fails([libc::EINVAL, libc::ENOMEM]),
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "pages_of_samples_are_not_to_be_had",
        moment: Moment::Recording,
        is_meant: |call| call.number == libc::SYS_mprotect,
        outcomes: &fails([libc::ENOMEM, libc::EACCES]),
        effect: Effect::Less,
        must_happen: true,
    },
    Site {
        name: "no_snapshot_is_opened",
        moment: Moment::Recording,
        is_meant: is_create,
        outcomes: DISK,
        effect: Effect::NoSnapshots,
        must_happen: true,
    },
    Site {
        name: "no_snapshot_is_written",
        moment: Moment::Recording,
        is_meant: is_write,
        outcomes: WRITE,
        effect: Effect::NoSnapshots,
        must_happen: true,
    },
    Site {
        name: "writing_is_interrupted_or_done_by_halves",
        moment: Moment::Recording,
        is_meant: is_write,
        outcomes: PASSING,
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "no_snapshot_gets_its_name",
        moment: Moment::Recording,
        is_meant: is_rename,
        outcomes: &fails([libc::ENOSPC, libc::EIO, libc::EROFS, libc::EACCES]),
        effect: Effect::NoSnapshots,
        must_happen: true,
    },
    Site {
        name: "the_directory_is_not_listed",
        moment: Moment::Recording,
        is_meant: |call| call.number == libc::SYS_getdents64,
        outcomes: &fails([libc::EIO, libc::ENOENT]),
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "files_cannot_be_asked_about",
        moment: Moment::Recording,
        is_meant: |call| call.number == libc::SYS_statx,
        outcomes: &fails([libc::EIO, libc::EACCES]),
        effect: Effect::None,
        must_happen: true,
    },
    Site {
        name: "proc_becomes_unreadable",
        moment: Moment::Recording,
        is_meant: |call| is_open(call) && call.path(1).starts_with(b"/proc"),
        outcomes: UNREADABLE,
        effect: Effect::None,
        must_happen: true,
    },
];

fn is_map(call: &Call, bytes: u64) -> bool {
    call.number == libc::SYS_mmap && call.arguments[1] >= bytes
}

fn protection(call: &Call) -> u64 {
    call.arguments[2]
}

fn is_open(call: &Call) -> bool {
    call.number == libc::SYS_openat
}

fn is_create(call: &Call) -> bool {
    is_open(call) && call.arguments[2] & libc::O_CREAT as u64 != 0
}

/// A write to anything but the three files that every process has.
fn is_write(call: &Call) -> bool {
    call.number == libc::SYS_write && call.arguments[0] > 2
}

/// The new path is argument 1 of the oldest of these calls, and argument 3 of the others.
fn renames_to(call: &Call, ending: &[u8]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if call.number == libc::SYS_rename {
        return call.path(1).ends_with(ending);
    }
    call.path(3).ends_with(ending)
}

#[cfg(target_arch = "x86_64")]
fn is_rename(call: &Call) -> bool {
    [libc::SYS_rename, libc::SYS_renameat, libc::SYS_renameat2].contains(&call.number)
}

#[cfg(target_arch = "x86_64")]
fn is_make_directory(call: &Call) -> bool {
    [libc::SYS_mkdir, libc::SYS_mkdirat].contains(&call.number)
}

#[cfg(not(target_arch = "x86_64"))]
fn is_rename(call: &Call) -> bool {
    [libc::SYS_renameat, libc::SYS_renameat2].contains(&call.number)
}

#[cfg(not(target_arch = "x86_64"))]
fn is_make_directory(call: &Call) -> bool {
    call.number == libc::SYS_mkdirat
}
