//! What the programs of the benchmark do. A program has an allocator of its own and calls [`run`]; all of this is
//! compiled once, so that two programs differ in their allocator alone.
//!
//! A program is called with a [`Task`] as JSON, and prints one line of JSON: the [`Outcome`].

mod clock;
mod http;
mod maps;
mod measure;
mod pause;
mod random;
mod residency;
mod single;
mod stacks;
mod task;
mod threads;

pub use clock::{pin, process_cpu_ns};
pub use measure::{Block, Measured, Plan, median};
pub use pause::PauseReport;
pub use residency::ResidencyReport;
pub use task::{Outcome, Task, WORKLOADS, Workload};

/// Does what the command line asks for.
pub fn run() {
    let argument = std::env::args().nth(1).expect("a task as JSON");
    let task: Task = serde_json::from_str(&argument).expect("a task as JSON");
    if let Some(core) = task.core() {
        clock::pin(core);
    }
    let outcome = match task {
        Task::Measure { workload, plan, .. } => Outcome::Measured(single::measure(workload, plan)),
        Task::Threads { workload, plan } => Outcome::Measured(threads::measure(workload, plan)),
        Task::Http { .. } => return http::serve(),
        Task::Pause { seconds, live, stacks, .. } => Outcome::Pause(pause::measure(seconds, live, stacks)),
        Task::Residency { live, stacks, .. } => Outcome::Residency(residency::measure(live, stacks)),
    };
    println!("{}", serde_json::to_string(&outcome).expect("an outcome is JSON"));
}
