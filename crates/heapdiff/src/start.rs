//! Recording asked for by the environment: begins before `main` and ends with the process.
#![expect(clippy::disallowed_types, reason = "not on the hook path")]

use crate::profiler::LAST_SNAPSHOT_PATIENCE;
use crate::session::{self, Ending, Session};
use crate::settings::Settings;
use crate::sys::process_hooks;
use crate::thread;
use std::sync::{Arc, OnceLock};

static SESSION: OnceLock<Arc<Session>> = OnceLock::new();

process_hooks::run_before_main!(from_environment);

/// The session that the environment asked for, if it did.
pub(crate) fn environment_session() -> Option<&'static Arc<Session>> {
    SESSION.get()
}

/// Starts a session if `HEAPDIFF_DIR` says so. Whatever is wrong is said on one line, and the program goes on.
fn from_environment() {
    // Without the variable nothing happens at all: no allocation, no thread, no file.
    if std::env::var_os("HEAPDIFF_DIR").is_none() {
        return;
    }
    if process_hooks::has_raised_rights() {
        return crate::say(format_args!(
            "HEAPDIFF_DIR is not for a program with raised rights, such as a set-user-id one: not recording"
        ));
    }
    let settings = match thread::muted(|| Settings::from_environment(std::env::var_os)) {
        Ok(Some(settings)) => settings,
        Ok(None) => return,
        Err(error) => return crate::say(format_args!("{error}: not recording")),
    };
    let (every, period) = (settings.every, settings.period);
    let dir = settings.dir.display().to_string();
    match Session::start(settings) {
        Ok(session) => {
            let _ = SESSION.set(session);
            process_hooks::on_exit(at_exit);
            thread::muted(|| {
                crate::say(format_args!("recording to `{dir}`: {}", session::describe(every, period)));
            });
        }
        Err(error) => crate::say(format_args!("{error}: not recording")),
    }
}

extern "C" fn at_exit() {
    if let Some(session) = SESSION.get() {
        session.stop(Ending::Process, LAST_SNAPSHOT_PATIENCE);
    }
}
