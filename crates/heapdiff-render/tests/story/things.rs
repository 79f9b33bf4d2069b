//! What is counted beside the heap of the shop: tasks, and the buffers of a pool.

use heapdiff_profile::{
    InUse, Label, LabelValue, NamedProfile, Profile, ProfileBuilder, ResourceFigures, ValueType, merge,
};

/// The tasks beside that snapshot: a session that nobody ends for each that was opened, and workers that stay as they are.
pub(crate) fn shop_tasks(sequence: u32) -> Profile {
    let session = [
        "tokio::sync::mpsc::Receiver<T>::recv /home/u/.cargo/registry/src/index/tokio-1.48.0/src/sync/mpsc/bounded.rs:250",
        "session::Session::run::{{closure}} /src/shop/session.rs:88",
        "[spawned at]",
        "session::open /src/shop/session.rs:41",
    ];
    let worker =
        ["worker::run::{{closure}} /src/shop/worker.rs:12", "[spawned at]", "main /src/shop/main.rs:9"];
    let types = [("polls", "count"), ("space", "bytes"), ("count", "count")];
    let rows = ProfileBuilder::with_types(&types).snapshot(sequence);
    let rows = rows.sample(&worker, &[9000, 1 << 20, 8], &[("epoch", 0, "count")]);
    let rows = (0..=sequence).fold(rows, |rows, epoch| {
        rows.sample(&session, &[3, 4096, 40], &[("epoch", i64::from(epoch), "count")])
    });
    let mut tasks = things("tasks", 1, rows);
    let (key, lint) = (tasks.strings.intern("lint"), ["detached", "lost waker", "large future"]);
    let lint = lint.map(|lint| Label { key, value: LabelValue::Text(tasks.strings.intern(lint)) });
    let [detached, lost, large] = lint;
    for (epoch, row) in tasks.samples.iter_mut().enumerate().skip(1) {
        row.labels.push(detached.clone());
        row.labels.extend((epoch == 3).then(|| lost.clone()));
    }
    tasks.samples.first_mut().unwrap().labels.extend([detached, large]);
    tasks
}

/// A snapshot of the shop with tasks that nobody tracks, but for those of `session::open`: a library leaves one of
/// each in some connections, and the workers of a thread pool stay as they are.
pub(crate) fn with_cells(mut shop: Profile, sequence: u32) -> Profile {
    let mut builder = ProfileBuilder::heap().snapshot(sequence);
    let mut add = |spawn: &str, samples: i64, epoch: u32| {
        let stack = [
            "tokio::runtime::task::core::Cell<T,S>::new /home/u/.cargo/registry/src/index/tokio-1.48.0/src/runtime/task/core.rs:251",
            "tokio::task::spawn::spawn /home/u/.cargo/registry/src/index/tokio-1.48.0/src/task/spawn.rs:176",
            spawn,
            "main /src/shop/main.rs:9",
        ];
        let live = InUse { bytes: samples << 19, objects: samples << 8, samples, epoch: i64::from(epoch) };
        builder = std::mem::replace(&mut builder, ProfileBuilder::heap()).in_use(&stack, live);
    };
    add("session::open /src/shop/session.rs:41", 1, 0);
    add("pool::Pool::start /src/shop/pool.rs:3", 2, 0);
    (0..=sequence).for_each(|epoch| add("library::connect /src/library/lib.rs:7", 4, epoch));
    let cells = builder.build();
    // Both have the same columns, and metadata stays the shop's.
    let metadata = shop.metadata.take();
    let of = |profile| NamedProfile { name: String::new(), profile };
    let mut both = merge([of(shop), of(cells)]).unwrap().profile;
    both.metadata = metadata;
    both
}

/// The buffers of a pool beside that snapshot, of which one in 128 is known: one handler in eight forgets them.
pub(crate) fn shop_buffers(sequence: u32) -> Profile {
    let handler = ["heapdiff::resource::Type::track", "handler::reply /src/shop/handler.rs:30"];
    let types = [("accesses", "count"), ("samples", "count"), ("count", "count"), ("space", "bytes")];
    let rows = ProfileBuilder::with_types(&types).snapshot(sequence);
    let rows = (0..=sequence).fold(rows, |rows, epoch| {
        let kept = 30 + i64::from(epoch % 3);
        let labels = [("epoch", i64::from(epoch), "count"), ("age", 8, "seconds")];
        rows.sample(&handler, &[0, kept, kept << 7, kept << 20], &labels)
    });
    let open = 4000 * (u64::from(sequence) + 1);
    let resource = ResourceFigures {
        name: "buffer".to_owned(),
        level: "sampled:128".to_owned(),
        one_in: 128,
        acquired: 8 * open,
        released: 7 * open,
        open_bytes: open << 13,
        ..ResourceFigures::default()
    };
    things("resources", 128, rows.with_metadata(|metadata| metadata.resource = Some(resource)))
}

fn things(kind: &str, period: i64, rows: ProfileBuilder) -> Profile {
    let mut profile = rows.build();
    profile.period_type = Some(ValueType { kind: kind.to_owned(), unit: "count".to_owned() });
    profile.period = period;
    profile.default_sample_type = Some("count".to_owned());
    profile
}
