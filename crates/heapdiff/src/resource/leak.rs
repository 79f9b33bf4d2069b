//! What is said of a resource that was lost.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use super::access::{Access, Accesses};
use super::open_table::Open;
use super::resource_type::Type;
use crate::sys::clock;
use crate::{thread, trace};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A resource that had to be closed and was dropped without.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Leak {
    /// What it is.
    pub resource: &'static Type,
    /// How large it is, by what the program said.
    pub bytes: u64,
    /// How long it was open. `None` if it was not one of those of which more is kept than that they are there.
    pub age: Option<Duration>,
    /// What was said at its last access.
    pub last_hint: Option<String>,
    /// What was done to it, oldest first: the first access, the last, and some between. Empty unless its type's level is
    /// [`Level::Records`](super::Level::Records).
    pub accesses: Vec<LeakAccess>,
    /// How many of its type were lost before it.
    pub lost_before: u64,
}

/// Something that was done to a resource that was lost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LeakAccess {
    /// What was said of it.
    pub hint: String,
    /// How long before the loss it was.
    pub before: Duration,
    /// Number of the thread that did it.
    pub thread: u32,
    /// Number of the tracked task that did it, which the label `task` of snapshots has, too; `None` if none did.
    pub task: Option<u64>,
    /// Return addresses, leaf first.
    pub addresses: Vec<u64>,
}

static LISTENER: OnceLock<fn(&Leak)> = OnceLock::new();

/// Has `listener` called for every [`MustClose`](super::MustClose) that is dropped without being closed, on the thread
/// that drops it. The first one that is set stays; `false` for any other.
pub fn on_leak(listener: fn(&Leak)) -> bool {
    LISTENER.set(listener).is_ok()
}

/// So many nanoseconds pass between two lines about leaks.
const LINE_EVERY: u64 = 10_000_000_000;

/// When the last line was written; 0 for never.
static LAST_LINE: AtomicU64 = AtomicU64::new(0);
/// Leaks since then.
static UNSAID: AtomicU64 = AtomicU64::new(0);

/// Tells the listener, and now and then whoever reads stderr.
pub(super) fn report(resource: &'static Type, bytes: u64, open: Option<&Open>, lost_before: u64) {
    thread::muted(|| {
        let now = clock::nanos();
        let leak = Leak {
            resource,
            bytes,
            age: open.map(|open| Duration::from_nanos(now.saturating_sub(open.since))),
            last_hint: open.and_then(|open| Some(open.accesses.as_ref()?.last_hint()?.to_owned())),
            accesses: open.and_then(|open| open.accesses.as_ref()).map_or(Vec::new(), |of| accesses(of, now)),
            lost_before,
        };
        if is_time_for_a_line(now) {
            say(&leak, UNSAID.swap(0, Ordering::Relaxed));
        } else {
            // Relaxed: it is a sum.
            UNSAID.fetch_add(1, Ordering::Relaxed);
        }
        leak
    })
    .tell();
}

fn accesses(of: &Accesses, now: u64) -> Vec<LeakAccess> {
    let tell = |access: &Access| LeakAccess {
        hint: access.hint.clone().into_owned(),
        before: Duration::from_nanos(now.saturating_sub(access.nanos)),
        thread: access.thread,
        task: (access.task != 0).then_some(access.task),
        addresses: trace::addresses(access.stack),
    };
    of.kept().iter().map(tell).collect()
}

impl Leak {
    /// Not muted: what the listener allocates is the program's.
    fn tell(&self) {
        if let Some(listener) = LISTENER.get() {
            listener(self);
        }
    }
}

fn is_time_for_a_line(now: u64) -> bool {
    // Relaxed: whoever changes it writes the line.
    let last = LAST_LINE.load(Ordering::Relaxed);
    (last == 0 || now.saturating_sub(last) >= LINE_EVERY)
        && LAST_LINE.compare_exchange(last, now.max(1), Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

fn say(leak: &Leak, unsaid: u64) {
    let age = leak.age.map_or(String::new(), |age| {
        format!(
            " after {}",
            humantime::format_duration(Duration::from_millis(
                u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
            ))
        )
    });
    let hint =
        leak.last_hint.as_ref().map_or(String::new(), |hint| format!(", last `{}`", hint.escape_debug()));
    let unsaid =
        if unsaid > 0 { format!("; {unsaid} more leaks since the last line") } else { String::new() };
    crate::say(format_args!(
        "leak: `{}` was dropped without being closed{age}{hint}: {} of its type so far{unsaid}",
        leak.resource.name().escape_debug(),
        leak.lost_before.saturating_add(1),
    ));
}
