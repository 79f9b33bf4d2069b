//! The profiles that tests of the reports read: a story whose answer is known.
//!
//! `shop` is a web shop in six snapshots, ten seconds apart, at a period of 512 KiB: a cache that is never emptied, an
//! index that is built and given up, data that is given back bit by bit, requests that come and go, and a buffer that
//! grows in place.

use heapdiff_profile::{
    Allocated, AllocatorFigures, InUse, MemoryFigures, Profile, ProfileBuilder, RecorderCost, StackQuality,
    Unwinder,
};

const MIB: i64 = 1 << 20;
/// Snapshots of the shop.
pub(crate) const SNAPSHOTS: u32 = 6;

const INSERT: &[&str] = &[
    "alloc::raw_vec::RawVecInner<A>::grow_amortized /rustc/0123456789abcdef/library/alloc/src/raw_vec.rs:675 <- alloc::vec::Vec<T,A>::push /rustc/0123456789abcdef/library/alloc/src/vec/mod.rs:2533",
    "shop::session::Cache<K,V>::insert /src/shop/src/session.rs:88",
    "shop::server::handle /src/shop/src/server.rs:140",
    "shop::server::run /src/shop/src/server.rs:61",
    "shop::main /src/shop/src/main.rs:12",
];
const LOAD: &[&str] = &[
    "alloc::string::String::with_capacity /rustc/0123456789abcdef/library/alloc/src/string.rs:493",
    "shop::index::Index::load /src/shop/src/index.rs:41",
    "shop::main /src/shop/src/main.rs:14",
];
const PARSE: &[&str] = &[
    "<shop::catalog::Item as serde_core::de::Deserialize>::deserialize /src/shop/src/catalog.rs:7",
    "shop::catalog::read_all /src/shop/src/catalog.rs:23",
    "shop::main /src/shop/src/main.rs:10",
];
const REQUEST: &[&str] = &[
    "bytes::bytes_mut::BytesMut::reserve /home/ci/.cargo/registry/src/index-0/bytes-1.10.1/src/bytes_mut.rs:596",
    "shop::server::read_request /src/shop/src/server.rs:97",
    "shop::server::run /src/shop/src/server.rs:60",
    "shop::main /src/shop/src/main.rs:12",
];
const LOG: &[&str] = &[
    "alloc::vec::Vec<T,A>::reserve /rustc/0123456789abcdef/library/alloc/src/vec/mod.rs:1289",
    "shop::log::Buffer<[u8; 64]>::append /src/shop/src/log.rs:30",
    "shop::server::run /src/shop/src/server.rs:66",
    "shop::main /src/shop/src/main.rs:12",
];

/// Samples that stand for so many bytes at this period, as the recorder would have taken on average.
fn live(bytes: i64, objects: i64, epoch: u32) -> InUse {
    InUse { bytes, objects, samples: (bytes / (MIB / 2)).max(1), epoch: i64::from(epoch) }
}

/// The shop at one moment: a line a behaviour.
pub(crate) fn shop_snapshot(sequence: u32) -> Profile {
    let mut builder = ProfileBuilder::heap();
    let mut live_bytes = 0;
    let mut add = |builder: ProfileBuilder, stack, in_use: InUse| {
        live_bytes += in_use.bytes;
        builder.in_use(stack, in_use)
    };
    for epoch in 0..=sequence {
        // A cache that is never emptied: 4 MiB in each epoch stay.
        builder = add(builder, INSERT, live(4 * MIB, 1000, epoch));
        // An index that is built in the third epoch and given up after two snapshots.
        if epoch == 2 && sequence < 4 {
            builder = add(builder, LOAD, live(24 * MIB, 3, epoch));
        }
        // What was parsed at the start is given back bit by bit.
        if epoch == 0 {
            builder = add(builder, PARSE, live((12 - 2 * i64::from(sequence)) * MIB, 600, epoch));
        }
        // Requests: only those of the moment are alive.
        if epoch == sequence {
            builder = add(builder, REQUEST, live(MIB, 16, epoch));
        }
        // One buffer that grows by realloc.
        if epoch == 0 {
            builder = add(builder, LOG, live((1 + i64::from(sequence)) * MIB, 1, epoch));
        }
    }
    let rounds = i64::from(sequence) + 1;
    let builder = builder
        .allocated(INSERT, Allocated { bytes: 4 * MIB * rounds, objects: 1000 * rounds, samples: 8 * rounds })
        .allocated(
            REQUEST,
            Allocated { bytes: 64 * MIB * rounds, objects: 1024 * rounds, samples: 128 * rounds },
        )
        .allocated(PARSE, Allocated { bytes: 12 * MIB, objects: 600, samples: 24 })
        .drop_frames("__rust_alloc|alloc::raw_vec::.*");
    with_metadata(builder, sequence, u64::try_from(live_bytes).unwrap_or(0)).build()
}

fn with_metadata(builder: ProfileBuilder, sequence: u32, live_bytes: u64) -> ProfileBuilder {
    let mib = |mib: u64| mib << 20;
    builder.snapshot(sequence).with_metadata(|metadata| {
        metadata.process.program = "shop".to_owned();
        metadata.process.command_line = Some(vec!["/usr/bin/shop".to_owned(), "--port=8080".to_owned()]);
        metadata.unwinder = Unwinder::UnwindTables;
        metadata.stacks = StackQuality { complete: 700 + 100 * u64::from(sequence), truncated: 2, failed: 0 };
        metadata.allocator = Some(AllocatorFigures {
            name: "jemalloc".to_owned(),
            allocated: live_bytes + mib(1),
            active: live_bytes + mib(3),
            resident: live_bytes + mib(8),
            retained: mib(20),
            mapped: live_bytes + mib(12),
            metadata: mib(2),
        });
        metadata.memory = MemoryFigures {
            rss: Some(live_bytes + mib(21)),
            cgroup_current: Some(live_bytes + mib(25)),
            cgroup_max: Some(mib(512)),
            host_total: Some(mib(16 << 10)),
            host_available: Some(mib(6 << 10)),
        };
        metadata.recorder = RecorderCost {
            writer_cpu_nanos: 1_200_000 * (u64::from(sequence) + 1),
            samples: 160 * (u64::from(sequence) + 1),
            live_samples: 40 + 8 * u64::from(sequence),
            stacks: 5,
            table_bytes: mib(1),
            table_bytes_max: mib(64),
        };
        metadata.counters = [("requests".to_owned(), 500 + 1_000 * u64::from(sequence))].into();
    })
}

/// A heap profile as Go writes it, without anything of heapdiff's.
pub(crate) fn go_heap() -> Profile {
    let types = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    ProfileBuilder::with_types(&types)
        .period(512 << 10)
        .time(1_795_172_610_000_000_000)
        .sample(
            &[
                "main.fill /go/src/fill.go:9",
                "main.main /go/src/main.go:20",
                "runtime.main /go/runtime/proc.go:283",
            ],
            &[30, 30 << 20, 10, 10 << 20],
            &[("bytes", 1 << 20, "bytes")],
        )
        .sample(
            &[
                "main.lookup /go/src/lookup.go:41",
                "main.main /go/src/main.go:21",
                "runtime.main /go/runtime/proc.go:283",
            ],
            &[4000, 4 << 20, 500, 512 << 10],
            &[("bytes", 1024, "bytes")],
        )
        .build()
}

/// A snapshot whose binary is not on this machine, so that its addresses have no names.
pub(crate) fn stripped() -> Profile {
    let mut profile = ProfileBuilder::heap()
        .in_use(&["0x1240", "0x1180"], live(3 * MIB, 12, 0))
        .snapshot(0)
        .with_metadata(|metadata| {
            metadata.process.pid = 7;
            metadata.recorder.live_samples = 6;
            metadata.dropped.insert("live_table_full".to_owned(), 1234);
            metadata.stacks = StackQuality { complete: 5, truncated: 0, failed: 3 };
            metadata.unwinder = Unwinder::FramePointers;
        })
        .build();
    if let Some(binary) = profile.mappings.first_mut() {
        binary.symbolized = false;
        binary.file = "/opt/app/bin/app".to_owned();
    }
    profile
}
