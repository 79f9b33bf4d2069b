//! Streams of messages that leak in two ways, and the same streams without the leaks; README.md tells the story.
#![forbid(unsafe_code)]

mod arguments;
mod calls;
mod framer;
mod registry;
mod service;

use arguments::{Arguments, Form};
use clap::Parser;
use std::error::Error;
use std::io::Write;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOC: heapdiff::Allocator = heapdiff::Allocator::jemalloc();

/// The runtime lives as long as the process, as that of a service does: its tasks are there when the last snapshot is
/// taken.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let runtime = RUNTIME.get_or_init(|| runtime);
    let said = match arguments.form {
        Form::Handle => runtime.block_on(write_frames(&arguments)),
        Form::Call => runtime.block_on(publish_events(&arguments))?,
    };
    writeln!(std::io::stdout(), "{said}")?;
    Ok(())
}

async fn write_frames(arguments: &Arguments) -> String {
    let mut sent = 0;
    for _ in 0..arguments.rounds {
        sent += framer::round(arguments.variant).await;
        tokio::time::sleep(arguments.pause).await;
    }
    let (rounds, alive) = (arguments.rounds, framer::buffers_alive());
    format!("{rounds} rounds of two messages are done: {sent} bytes were sent, and {alive} buffers are left")
}

async fn publish_events(arguments: &Arguments) -> Result<String, Box<dyn Error>> {
    let events = calls::run(arguments).await?;
    let calls = arguments.calls;
    Ok(format!("{calls} calls have had one event each, and {events} more were published"))
}
