//! Disk space that is set aside before it is needed.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd as _;

/// File systems where space that is set aside may be missing later: those that write to a new place each time, and
/// those whose disk is another machine's or another process's. By their numbers in `statfs`.
const KEEP_NO_SPACE: [u32; 10] = [
    0x9123_683e, // btrfs
    0x2fc1_2fc1, // ZFS
    0xca45_1a4e, // bcachefs
    0xf2f5_2010, // F2FS
    0x0000_6969, // NFS
    0xff53_4d42, // CIFS
    0xfe53_4d42, // SMB 2
    0x6573_5546, // FUSE
    0x0102_1997, // 9P
    0x00c3_6400, // Ceph
];

/// Whether space that is set aside for a file stays its own, also when what is there is written again and again.
///
/// **Source:** `statfs(2)`; on btrfs a second write to a block takes new space, whatever was set aside.
pub(crate) fn is_kept(file: &File) -> bool {
    let mut facts = std::mem::MaybeUninit::<libc::statfs64>::uninit();
    // SAFETY: the file is open, and `facts` is valid for writes.
    let result = unsafe { libc::fstatfs64(file.as_raw_fd(), facts.as_mut_ptr()) };
    if result != 0 {
        return false;
    }
    // SAFETY: written by the successful call above.
    let facts = unsafe { facts.assume_init() };
    u32::try_from(facts.f_type).is_ok_and(|kind| !KEEP_NO_SPACE.contains(&kind))
}

/// Has the file system set disk space aside for a part of a file, so that writing to it through a mapping never fails.
pub(crate) fn allocate(file: &File, part: Range<u64>) -> io::Result<()> {
    let too_large = |_| io::Error::from(io::ErrorKind::FileTooLarge);
    let start = libc::off64_t::try_from(part.start).map_err(too_large)?;
    let len = libc::off64_t::try_from(part.end.saturating_sub(part.start)).map_err(too_large)?;
    loop {
        // Not posix_fallocate: where the file system cannot do it, that writes to pages which others use meanwhile.
        // SAFETY: the file is open, and what it holds is not changed.
        if unsafe { libc::fallocate64(file.as_raw_fd(), 0, start, len) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Bytes that are left to this user on the disk that a file is on; `None` if the file system does not say.
pub(crate) fn free_space(file: &File) -> Option<u64> {
    let mut space = std::mem::MaybeUninit::<libc::statvfs64>::uninit();
    // SAFETY: the file is open, and `space` is valid for writes.
    let result = unsafe { libc::fstatvfs64(file.as_raw_fd(), space.as_mut_ptr()) };
    if result != 0 {
        return None;
    }
    // SAFETY: written by the successful call above.
    let space = unsafe { space.assume_init() };
    // A file system in memory without a limit says that it has no blocks at all.
    (space.f_blocks > 0).then(|| space.f_bavail.saturating_mul(space.f_frsize))
}
