//! Makes system calls of this process fail, as a table says.
//!
//! ```text
//!   a thread that calls ──► kernel: is it one of `CALLS`? ──no──► goes on
//!                              │ yes
//!                              ▼
//!                        the supervisor, a thread without the filter ──► goes on, fails, or is done by halves
//! ```
//!
//! A seccomp filter hands the calls to the supervisor; it cannot be taken away again, but the supervisor can let
//! everything pass. Calls of the allocator come here with its locks held: the supervisor does not allocate.
//!
//! **Source:** `seccomp_unotify(2)`.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::mpsc;

/// What happens to a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    /// It fails with this `errno`, always.
    Fails(i32),
    /// It fails with this `errno` a few times, and then works.
    FailsAtFirst(i32),
    /// It does half of what was asked.
    Halves,
}

/// A call that is to fail.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) is_meant: fn(&Call) -> bool,
    pub(crate) outcome: Outcome,
}

/// A system call: its number and its arguments.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) number: i64,
    pub(crate) arguments: [u64; 6],
}

impl Call {
    /// The path that is argument `index`.
    pub(crate) fn path(&self, index: usize) -> &[u8] {
        let start = std::ptr::with_exposed_provenance(self.arguments[index] as usize);
        // SAFETY: the call waits, so its argument is still there, and here, in the same process.
        unsafe { std::ffi::CStr::from_ptr(start) }.to_bytes()
    }
}

/// The calls that the supervisor sees.
const CALLS: &[i64] = &[
    libc::SYS_openat,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_getdents64,
    libc::SYS_statx,
    libc::SYS_fallocate,
    libc::SYS_ftruncate,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_clone,
    libc::SYS_clone3,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
];

/// How often [`Outcome::FailsAtFirst`] fails.
const TIMES: u32 = 5;

static ACTIVE: AtomicPtr<Fault> = AtomicPtr::new(std::ptr::null_mut());
static HITS: AtomicU32 = AtomicU32::new(0);

/// From now on calls fail as `fault` says.
pub(crate) fn begin(fault: &'static Fault) {
    ACTIVE.store(std::ptr::from_ref(fault).cast_mut(), Ordering::SeqCst);
}

/// From now on all calls work. Returns how many did not.
pub(crate) fn end() -> u32 {
    ACTIVE.store(std::ptr::null_mut(), Ordering::SeqCst);
    HITS.load(Ordering::SeqCst)
}

/// Puts the calling thread, and every thread that it will start, under supervision. `false` if the kernel, or who runs
/// this container, does not allow it.
pub(crate) fn install() -> bool {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        if let Ok(listener) = receiver.recv() {
            supervise(listener);
        }
    });
    // SAFETY: no pointers are passed; without the rights of root a filter needs this first.
    unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    let listener = install_filter();
    listener.is_some_and(|listener| sender.send(listener).is_ok())
}

fn install_filter() -> Option<RawFd> {
    let instruction = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter { code: code as u16, jt, jf, k };
    // The number of the call is the first word of `seccomp_data`.
    let mut filter = vec![instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0)];
    for (&number, left) in CALLS.iter().zip((0..CALLS.len()).rev()) {
        // If it is this one, on to the last instruction: over the comparisons that are left, and one that allows.
        filter.push(instruction(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            left as u8 + 1,
            0,
            number as u32,
        ));
    }
    filter.push(instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW));
    filter.push(instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_USER_NOTIF));
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program and its instructions are valid for reads during the call.
    let listener = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const program,
        )
    };
    RawFd::try_from(listener).ok().filter(|listener| *listener >= 0)
}

fn supervise(listener: RawFd) -> ! {
    loop {
        // SAFETY: all zero is a valid notice, and what the kernel asks for.
        let mut notice: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        // SAFETY: the notice is valid for writes.
        if unsafe { libc::ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut notice) } != 0 {
            continue;
        }
        let call = Call { number: i64::from(notice.data.nr), arguments: notice.data.args };
        let mut answer = libc::seccomp_notif_resp {
            id: notice.id,
            val: 0,
            error: 0,
            flags: libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
        };
        if let Some(result) = outcome(&call) {
            answer.flags = 0;
            (answer.val, answer.error) = match result {
                Ok(value) => (value, 0),
                Err(errno) => (0, -errno),
            };
        }
        // SAFETY: the answer is valid for reads. If the caller is gone meanwhile nobody waits for it.
        unsafe { libc::ioctl(listener, libc::SECCOMP_IOCTL_NOTIF_SEND, &raw const answer) };
    }
}

/// What a call is answered; `None` lets it pass.
fn outcome(call: &Call) -> Option<Result<i64, i32>> {
    // SAFETY: null, or a fault that lives for ever.
    let fault = unsafe { ACTIVE.load(Ordering::SeqCst).as_ref() }?;
    if !(fault.is_meant)(call) {
        return None;
    }
    let hits = HITS.fetch_add(1, Ordering::SeqCst);
    match fault.outcome {
        Outcome::Fails(errno) => Some(Err(errno)),
        Outcome::FailsAtFirst(errno) => (hits < TIMES).then_some(Err(errno)),
        Outcome::Halves => {
            let [file, start, bytes, ..] = call.arguments;
            let half = (bytes as usize).div_ceil(2);
            let start = std::ptr::with_exposed_provenance(start as usize);
            // SAFETY: the caller waits, and its buffer is valid for reads of all its bytes.
            let written = unsafe { libc::write(file as i32, start, half) };
            Some(if written < 0 { Err(libc::EIO) } else { Ok(written as i64) })
        }
    }
}
